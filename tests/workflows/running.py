"""Runs workflows from the loader to the picture, with stand-ins where they name models and pictures of people."""

import asyncio
import re
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from PIL import Image

from graph.belonging import Belonging
from graph.events import JobFailed, JobSucceeded, NodeFinished
from graph.folders import DATA_FOLDERS, INPUT_FOLDERS
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from graph.validation import Validated
from graph.workflow import Workflow
from nodes.application import create
from nodes.diffusion.files import video_files
from nodes.diffusion.files.media import VideoFrames
from tests.workflows.naming import Nodes, files_of, main_family, stand_in
from tests.workflows.standins import Library, write_vocabularies

PLACEABLE = re.compile(r"[^<>:\"|?*{}\0]+\.(safetensors|sft|gguf)")
"""Names under which weights can lie."""
PICKLE = re.compile(r"\.(ckpt|pt|pth|bin)$", re.IGNORECASE)
"""How the names of pickles end; their owners convert them, and keep the names in their graphs."""


SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".opus")
"""How the names of sounds end."""
VIDEOS = (".mp4", ".webm", ".mov", ".mkv")
"""How the names of videos end."""


@dataclass
class Ran:
    """What became of a graph."""

    is_done: bool = False
    told: str = ""
    """Why it failed, if it did."""
    outputs: set[str] = field(default_factory=set)
    """The output nodes that finished."""
    files: list[Path] = field(default_factory=list)


class House:
    """An application over folders of stand-ins."""

    def __init__(self, root: Path) -> None:
        self._data, self._models = root / "data", root / "models"
        self._library = Library(root / "library")
        write_vocabularies(self._models)
        settings = Settings(data=str(self._data), models=(str(self._models),), device="cpu", cache="none")
        self._application = create(settings.to_data())
        self.catalogue = self._application.catalogue
        self._belonging = Belonging(self._application.folders)

    def furnish(self, nodes: Nodes) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """Put every file in place that a graph names.

        Returns:
            The graph, in which names are changed under which no weights can lie; and the names of the files for which
            there is no stand-in that could be loaded.
        """
        furnished = {node_id: {**node, "inputs": dict(node.get("inputs", {}))} for node_id, node in nodes.items()}
        family, lacking = main_family(nodes, self.catalogue), []
        for node_id, spec, name in files_of(nodes, self.catalogue):
            folder = str(spec.files)
            if folder == INPUT_FOLDERS:
                self._picture(self._data / "input" / name / "1.png")
            elif folder in DATA_FOLDERS:
                path = self._data_file(folder, name)
                self._input(path)
            else:
                converted = PICKLE.sub(".safetensors", name)
                placed = _placed(converted)
                if placed != converted.replace("\\", "/"):
                    furnished[node_id]["inputs"][spec.name] = placed
                if not self._library.put(stand_in(folder, name, family), self._models / folder / placed):
                    lacking.append(name)
        return furnished, lacking

    def validate(self, document: Mapping[str, Any]) -> Validated:
        """What a server says when the document is handed in."""
        validated = asyncio.run(self._application.validate(Workflow.parse(dict(document))))
        return self._belonging.judge(validated)

    def run(self, document: Mapping[str, Any]) -> Ran:
        """Run a document to its end."""
        return asyncio.run(self._run(dict(document)))

    async def _run(self, document: dict[str, Any]) -> Ran:
        ran, runner = Ran(), InlineRunner(self._application)
        await runner.start()
        async for event in runner.run(JobRequest(id="job", document=document)):
            if isinstance(event, JobFailed):
                ran.told = event.failure.message
            elif isinstance(event, JobSucceeded):
                ran.is_done = True
            elif isinstance(event, NodeFinished) and event.ui is not None:
                ran.outputs.add(event.node.id)
                ran.files += self._shown(event.ui)
        await runner.stop()
        return ran

    def _shown(self, ui: Mapping[str, Any]) -> list[Path]:
        entries = [each for values in ui.values() for each in values if isinstance(each, Mapping)]
        return [
            self._data / each["type"] / each.get("subfolder", "") / each["filename"]
            for each in entries
            if "filename" in each
        ]

    def _data_file(self, folder: str, name: str) -> Path:
        for other in DATA_FOLDERS:
            if name.endswith(f" [{other}]"):
                return self._data / other / name.removesuffix(f" [{other}]")
        return self._data / folder / name

    def _input(self, path: Path) -> None:
        """A sound, a video or a picture, as the name says."""
        ending = path.suffix.lower()
        make = _sound if ending in SOUNDS else _video if ending in VIDEOS else self._picture
        make(path)

    def _picture(self, path: Path) -> None:
        """A disc before soft colours, clear in one quarter, so that there are edges and a mask."""
        path.parent.mkdir(parents=True, exist_ok=True)
        across, down = np.meshgrid(np.linspace(0, 255, 80), np.linspace(0, 255, 64))
        alpha = np.where((across > 128) & (down > 128), 0, 255)
        violet = np.where((across - 128) ** 2 + (down - 128) ** 2 < 64**2, 255, across / 4)
        pixels = np.stack([violet, down, violet, alpha], axis=-1).astype(np.uint8)
        Image.fromarray(pixels, "RGBA").save(path, format="PNG")


def _sound(path: Path) -> None:
    """A second of a tone in stereo, whatever the file is called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(np.arange(16000) / 16000 * 2 * np.pi * 440)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16000, 0, "NONE", ""))
        file.writeframes((np.stack([tone, tone], axis=1) * 2**14).astype("<i2").tobytes())


def _video(path: Path) -> None:
    """Nine frames in which a bright square moves, without sound, whatever the file is called."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = torch.zeros(9, 64, 96, 3)
    for number, image in enumerate(images):
        image[16:48, 4 * number : 4 * number + 32] = 0.8
    frames: VideoFrames = {"images": images, "fps": 8.0, "audio": None, "bit_depth": 8}
    video_files.write(path, "mp4", frames, video_files.H264[8], {})


def _placed(name: str) -> str:
    """A name under which weights can lie."""
    path = PurePosixPath(name.replace("\\", "/"))
    if PLACEABLE.fullmatch(path.name) and ".." not in path.parts and not path.is_absolute():
        return path.as_posix()
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '_', path.stem) or 'nameless'}.safetensors"
