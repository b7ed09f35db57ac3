"""Moving pictures from files and into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
import numpy
import torch
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import MediaFileError
from nodes.diffusion.files import audio_files
from nodes.diffusion.files.media import Audio, Video, VideoFile, VideoFrames, as_fraction, opened

MAX_PIXELS = 2**32
"""Of all frames together: about 50 GB of float32."""
WebmCodec = Literal["vp9", "av1"]
Progress = Callable[[int, int], None]
"""Called after each frame with (frames done, frames)."""


@dataclass(frozen=True)
class Encoding:
    """How pictures become a stream."""

    codec: str
    """By its name in libavcodec."""
    pixels: str = "yuv420p"
    """How colours are written, by its name in libavutil."""
    options: Mapping[str, str] = field(default_factory=dict)


H264 = {8: Encoding("libx264"), 10: Encoding("libx264", "yuv420p10le")}
"""By the bits a channel."""


def webm(codec: WebmCodec, crf: float) -> Encoding:
    """How pictures go into WebM; a lower `crf` is better and larger."""
    if codec == "av1":
        return Encoding("libsvtav1", "yuv420p10le", {"crf": str(int(crf)), "preset": "6"})
    return Encoding("libvpx-vp9", "yuv420p", {"crf": str(int(crf)), "b": "0"})


def frames_of(video: Video, wanted: range | None = None) -> VideoFrames:
    """The pictures and the sound of a video, read from its file where they are not there yet.

    Args:
        video: in a file or not.
        wanted: the numbers of the only frames that are read from a file, one after the other; None are all.

    Raises:
        MediaFileError: the file has no pictures or cannot be read.
    """
    if not isinstance(video, VideoFile):
        return video
    with opened(video.path) as container:
        if not container.streams.video:
            raise MediaFileError(f'"{video.path.name}" has no pictures. Choose a video.')
        stream = container.streams.video[0]
        depth = 10 if max(part.bits for part in stream.format.components) > 8 else 8
        images = _decoded(container, depth, wanted)
        rate = stream.average_rate or stream.guessed_rate or Fraction(24)
        return {"images": images, "fps": float(rate), "audio": audio_files.decode(container), "bit_depth": depth}


def _decoded(container: InputContainer, depth: int, wanted: range | None) -> Tensor:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    layout, most = ("rgb48le", 65535.0) if depth > 8 else ("rgb24", 255.0)
    parts: list[Tensor] = []
    pixels = 0
    for number, frame in enumerate(container.decode(stream)):
        if wanted is not None and number >= wanted.stop:
            break
        if wanted is not None and number < wanted.start:
            continue
        pixels += frame.width * frame.height
        if pixels > MAX_PIXELS:
            raise MediaFileError("The video has too many pictures to be read at once. Cut it, or make it smaller.")
        levels = numpy.rot90(frame.to_ndarray(format=layout), k=round(frame.rotation / 90))
        parts.append(torch.from_numpy(levels.astype(numpy.float32)) / most)
    if not parts:
        raise MediaFileError("The video has no pictures that can be read.")
    return torch.stack(parts)


def write(
    path: Path,
    container: Literal["mp4", "webm"],
    video: VideoFrames,
    encoding: Encoding,
    texts: Mapping[str, str],
    progress: Progress = lambda done, count: None,
) -> None:
    """Encode a video into a file, with texts that say how it was made.

    Sides are filled up to even lengths where they are odd, by repeating the last row or column.
    """
    options = {"movflags": "use_metadata_tags"} if container == "mp4" else {}
    with av.open(path, "w", format=container, options=options) as output:
        output.metadata.update(texts)
        images = video["images"]
        added = output.add_stream(encoding.codec, rate=as_fraction(video["fps"]), options=dict(encoding.options))
        stream = cast(VideoStream, added)
        height, width = images.shape[1:3]
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, encoding.pixels
        write_sound = _sound(output, container, video["audio"], len(images) / video["fps"])
        depth = 16 if encoding.pixels.endswith("10le") else 8
        for number, image in enumerate(images, start=1):
            for packet in stream.encode(_frame(image, depth)):
                output.mux(packet)
            progress(number, len(images))
        for packet in stream.encode(None):
            output.mux(packet)
        write_sound()


def _sound(output: OutputContainer, container: str, audio: Audio | None, seconds: float) -> Callable[[], None]:
    """The sound of a video, cut where the pictures end."""
    if audio is None:
        return lambda: None
    waveform = audio["waveform"][0, :, : round(seconds * audio["sample_rate"])]
    return audio_files.add(output, "aac" if container == "mp4" else "libopus", waveform, audio["sample_rate"])


def _frame(image: Tensor, depth: int) -> av.VideoFrame:
    planes = image[..., :3].detach().cpu().float().nan_to_num().clamp(0.0, 1.0).movedim(-1, 0).unsqueeze(0)
    if planes.shape[1] == 1:
        planes = planes.repeat(1, 3, 1, 1)
    planes = functional.pad(planes, (0, planes.shape[-1] % 2, 0, planes.shape[-2] % 2), mode="replicate")
    levels = (planes[0].movedim(0, -1) * (2**depth - 1)).round().contiguous().numpy()
    if depth == 8:
        return av.VideoFrame.from_ndarray(levels.astype(numpy.uint8), format="rgb24")
    return av.VideoFrame.from_ndarray(levels.astype(numpy.uint16), format="rgb48le")


def is_h264(video: Video) -> bool:
    """Whether a video lies in a file whose pictures can go into MP4 as they are."""
    if not isinstance(video, VideoFile):
        return False
    with opened(video.path) as container:
        return bool(container.streams.video) and container.streams.video[0].codec_context.name == "h264"


def remux(path: Path, video: VideoFile, texts: Mapping[str, str]) -> None:
    """Copy the streams of a file into an MP4 file without encoding them anew."""
    with (
        opened(video.path) as source,
        av.open(path, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as to,
    ):
        to.metadata.update(texts)
        wanted = [*source.streams.video[:1], *source.streams.audio[:1]]
        targets = {stream.index: to.add_stream_from_template(stream) for stream in wanted}
        for packet in source.demux(wanted):
            if packet.dts is not None:
                packet.stream = targets[packet.stream.index]
                to.mux(packet)
