"""Parts of videos, from memory and from files."""

from pathlib import Path
from typing import Any

import pytest
import torch

from nodes.diffusion.errors import MediaFileError
from nodes.diffusion.files import video_files
from nodes.diffusion.files.media import VideoFile, VideoFrames
from nodes.video.cutting import video_slice


def made() -> VideoFrames:
    """Two seconds that become brighter, with a sound that does so too."""
    images = torch.linspace(0, 0.95, 20).view(20, 1, 1, 1).expand(20, 16, 16, 3)
    waveform = torch.linspace(0, 1, 16000).view(1, 1, -1)
    return {"images": images, "fps": 10.0, "audio": {"waveform": waveform, "sample_rate": 8000}, "bit_depth": 8}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> VideoFile:
    path: Path = tmp_path_factory.mktemp("cut") / "v.mp4"
    video_files.write(path, "mp4", made(), video_files.H264[8], {})
    return VideoFile(path)


@pytest.mark.parametrize(
    ("start", "seconds", "frames"),
    [(0.5, 1.0, (5, 15)), (1.0, 0.0, (10, 20)), (-0.5, 0.0, (15, 20)), (1.5, 9.0, (15, 20)), (0.0, 0.3, (0, 3))],
)
def test_a_part_has_its_frames_and_its_sound(file: VideoFile, start: float, seconds: float, frames: Any) -> None:
    whole = made()
    part: Any = video_slice(whole, start, seconds)
    assert torch.equal(part["images"], whole["images"][slice(*frames)])
    assert part["audio"]["waveform"].shape[-1] == 800 * (frames[1] - frames[0])
    read: Any = video_slice(file, start, seconds)
    torch.testing.assert_close(read["images"].mean((1, 2, 3)), part["images"].mean((1, 2, 3)), atol=0.03, rtol=0)
    assert read["audio"]["waveform"].shape[-1] == pytest.approx(800 * (frames[1] - frames[0]), abs=1600)


def test_all_of_it_is_the_video_itself(file: VideoFile) -> None:
    assert video_slice(file) is file


def test_what_is_not_there_is_an_error(file: VideoFile) -> None:
    with pytest.raises(MediaFileError, match="earlier start_time"):
        video_slice(made(), 5.0, 1.0)
    with pytest.raises(MediaFileError, match="lasts 2 seconds"):
        video_slice(file, 1.0, 3.0, strict_duration=True)
    assert len(video_slice(made(), 1.0, 1.0, strict_duration=True)["images"]) == 10  # type: ignore[index]
