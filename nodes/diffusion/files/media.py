"""What VIDEO and AUDIO links carry, and how files with sound and moving pictures are opened.

Files are not trusted: only containers of an allow-list are opened, from an open file, so that none can name others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypedDict

import av
import av.container
from torch import Tensor

from nodes.diffusion.errors import MediaFileError

CONTAINERS = (
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "gif", "apng",
    "webp_pipe", "wav", "flac", "ogg", "mp3", "aac", "aiff",
)  # fmt: skip
"""What is opened, by the names of libavformat; no playlists, which name other files."""
MAX_FRACTION = 100_000


class Audio(TypedDict):
    """Sound."""

    waveform: Tensor
    """(batch, channels, samples) in -1..1"""
    sample_rate: int
    """Samples per second."""


class VideoFrames(TypedDict):
    """A video as its pictures and its sound."""

    images: Tensor
    """(frames, height, width, 3) in 0..1"""
    fps: float
    """Frames per second."""
    audio: Audio | None
    bit_depth: int
    """Bits a channel that it is saved with: 8 or 10."""


@dataclass(frozen=True)
class VideoFile:
    """A video that lies in a file; it is read when somebody needs its pictures."""

    path: Path
    digest: str = ""


Video = VideoFrames | VideoFile


@contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """A file opened for reading.

    Raises:
        MediaFileError: it is damaged or no container of the allow-list.
    """
    options = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "file"}
    try:
        with path.open("rb") as file, av.open(file, "r", options=options) as container:
            yield container
    except (av.error.FFmpegError, EOFError) as error:
        raise MediaFileError(
            f'"{path.name}" cannot be read as video or sound: {error}. Known containers are MP4, WebM, Matroska, AVI, '
            "GIF, WAV, FLAC, Ogg and MP3."
        ) from error


def as_fraction(rate: float) -> Fraction:
    """A frame rate as videos write it: 23.976 is 24000 / 1001."""
    exact = Fraction(rate).limit_denominator(MAX_FRACTION)
    thousands = Fraction(round(rate * 1001 / 1000) * 1000, 1001)
    return thousands if abs(thousands - exact) < Fraction(1, 2000) and exact.denominator != 1 else exact
