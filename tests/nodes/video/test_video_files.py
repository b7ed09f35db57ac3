"""Videos and animations in graphs and on their own."""

from pathlib import Path

import pytest
import torch

from graph.artefacts import Artefacts
from graph.context import Context
from graph.errors import Cancelled
from graph.folders import Folders
from nodes.diffusion.files import audio_files
from nodes.video import animation, video_files
from tests.nodes.test_running import House


def sound(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tone.flac").write_bytes(audio_files.encode_flac(torch.rand(1, 22050) - 0.5, 22050, {}))


def test_pictures_and_sound_become_a_video_and_come_apart_again(tmp_path: Path) -> None:
    sound(tmp_path / "input")
    graph = {
        "red": ("EmptyImage", {"width": 32, "height": 16, "batch_size": 6, "color": 0xFF0000}),
        "tone": ("LoadAudio", {"audio": "tone.flac"}),
        "video": ("CreateVideo", {"images": ["red", 0], "fps": 12, "audio": ["tone", 0]}),
        "save": ("SaveVideo", {"video": ["video", 0], "format": "auto", "codec": "auto", "video-preview": ""}),
    }
    house = House(tmp_path)
    outcome = house.run(graph)
    (shown,) = outcome.ui["save"]["images"]
    assert (shown["filename"], shown["subfolder"]) == ("ComfyUI_00001_.mp4", "video")
    assert outcome.ui["save"]["animated"] == [True]
    again = {
        "load": ("LoadVideo", {"file": "video/ComfyUI_00001_.mp4 [output]"}),
        "parts": ("GetVideoComponents", {"video": ["load", 0]}),
        "size": ("GetImageSize", {"image": ["parts", 0]}),
        "frames": ("PreviewAny", {"source": ["size", 2]}),
        "fps": ("PreviewAny", {"source": ["parts", 2]}),
        "hear": ("PreviewAudio", {"audio": ["parts", 1]}),
        "copy": ("SaveVideo", {"video": ["load", 0], "filename_prefix": "copy"}),
        "webm": ("SaveWEBM", {"images": ["parts", 0], "codec": "vp9", "fps": 12, "crf": 40}),
    }
    outcome = house.run(again)
    assert (outcome.ui["frames"]["text"], outcome.ui["fps"]["text"]) == (["6"], ["12.0"])
    assert outcome.ui["hear"]["audio"][0]["filename"].endswith(".flac")
    assert house.folders.names("output") == ["ComfyUI_00001_.webm", "copy_00001_.mp4", "video/ComfyUI_00001_.mp4"]


def test_a_cancelled_video_leaves_no_file(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)
    clip = video_files.create_video(torch.rand(3, 16, 16, 3), 8.0)
    with pytest.raises(Cancelled):
        video_files.save_video(clip, ctx=Context(is_cancelled=lambda: True), artefacts=Artefacts(folders))
    assert folders.names("output") == []


def test_sound_is_saved_one_file_an_item(tmp_path: Path) -> None:
    folders, ctx = Folders(data=tmp_path), Context()
    audio = {"waveform": torch.zeros(2, 1, 100), "sample_rate": 8000}
    video_files.save_audio(audio, ctx=ctx, artefacts=Artefacts(folders))
    assert folders.names("output") == ["audio/ComfyUI_00001_.flac", "audio/ComfyUI_00002_.flac"]


def test_animations_are_saved_and_read_as_batches(tmp_path: Path) -> None:
    graph = {
        "red": ("EmptyImage", {"width": 8, "height": 8, "color": 0xFF0000}),
        "blue": ("EmptyImage", {"width": 8, "height": 8, "color": 0x0000FF}),
        "both": ("ImageBatch", {"image1": ["red", 0], "image2": ["blue", 0]}),
        "webp": (
            "SaveAnimatedWEBP",
            {"images": ["both", 0], "lossless": True, "method": "fastest", "filename_prefix": "a"},
        ),
        "png": ("SaveAnimatedPNG", {"images": ["both", 0], "filename_prefix": "b"}),
    }
    house = House(tmp_path)
    outcome = house.run(graph)
    assert outcome.ui["webp"]["animated"] == [True]
    for name in ("a_00001_.webp", "b_00001_.png"):
        load = {"load": ("LoadImageOutput", {"image": name}), "show": ("PreviewImage", {"images": ["load", 0]})}
        ((images,),) = house.run(load).outputs["show"]
        assert images[:, 0, 0].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert animation.save_animated_png.__node__.spec.is_output
