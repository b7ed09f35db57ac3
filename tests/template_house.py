"""Runs templates with the embedded model, made short."""

import asyncio
import json
from pathlib import Path
from typing import Any

from PIL import Image

from graph.events import JobFailed, NodeFinished
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from nodes.application import create

ROOT = Path(__file__).parents[1]
SHORT = {"steps": 2, "width": 64, "height": 64, "frames": 2}
FULL = {"steps": 20, "width": 128, "height": 128}
"""As templates stand, where they draw pictures of the usual size."""


class House:
    """Runs templates, made short, and gives what their output nodes show."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._application = create(Settings(data=str(data), models=(str(ROOT / "models"),)).to_data())

    def run(self, name: str, **changes: Any) -> tuple[dict[str, Path], list[str]]:
        """Title of the output node -> its first file; and all texts. Inputs called None stay as they are."""
        document = json.loads((ROOT / "workflows" / f"{name}.json").read_text(encoding="utf-8"))
        for node in document["graph"].values():
            node["inputs"] |= {
                key: value
                for key, value in {**SHORT, **changes}.items()
                if value is not None and key in node["inputs"] and not isinstance(node["inputs"][key], list)
            }
        return asyncio.run(self._run(document))

    async def _run(self, document: dict[str, Any]) -> tuple[dict[str, Path], list[str]]:
        runner = InlineRunner(self._application)
        await runner.start()
        files: dict[str, Path] = {}
        texts: list[str] = []
        async for event in runner.run(JobRequest(id="job", document=document)):
            assert not isinstance(event, JobFailed), event
            if isinstance(event, NodeFinished) and event.ui:
                title = document["graph"][event.node.id]["_meta"]["title"]
                for shown in event.ui.get("images", ())[:1]:
                    files[title] = self.data / shown["type"] / shown["subfolder"] / shown["filename"]
                texts += event.ui.get("text", ())
        await runner.stop()
        return files, texts


def opened(path: Path) -> Image.Image:
    """A picture, its file closed again."""
    with Image.open(path) as picture:
        picture.load()
        return picture.copy()
