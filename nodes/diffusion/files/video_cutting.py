"""Parts of videos, by time."""

from fractions import Fraction

from nodes.diffusion.errors import MediaFileError
from nodes.diffusion.files.media import Audio, Video, VideoFile, opened
from nodes.diffusion.files.video_files import frames_of

MICROSECONDS = 1_000_000


def cut(video: Video, start: float, seconds: float, *, is_strict: bool = False) -> Video:
    """The part of a video from a moment on; of a file only that part is kept in memory.

    Args:
        video: in a file or not; not changed.
        start: when it begins, in seconds; negative counts from the end.
        seconds: how long it is at most; 0 goes to the end.
        is_strict: whether it must be so long.

    Raises:
        MediaFileError: nothing is left, or less than there must be.
    """
    if start == 0 and seconds == 0:
        return video
    whole, fps = _length(video)
    begin = max(whole + start, 0.0) if start < 0 else start
    end = min(begin + seconds, whole) if seconds else whole
    wanted = range(round(begin * fps), round(end * fps))
    if not wanted or (is_strict and end - begin < seconds - 0.5 / fps):
        raise MediaFileError(
            f"The video lasts {whole:.3g} seconds; from {begin:.3g} seconds on there are not {seconds:.3g}. Choose an "
            "earlier start_time, or a shorter duration."
        )
    found = frames_of(video, wanted)
    images = found["images"] if isinstance(video, VideoFile) else found["images"][wanted.start : wanted.stop]
    audio = found["audio"]
    return {**found, "images": images, "audio": None if audio is None else _sound(audio, begin, end)}


def _sound(audio: Audio, begin: float, end: float) -> Audio:
    first, last = (round(moment * audio["sample_rate"]) for moment in (begin, end))
    return {"waveform": audio["waveform"][..., first:last], "sample_rate": audio["sample_rate"]}


def _length(video: Video) -> tuple[float, float]:
    """Seconds, and frames per second."""
    if not isinstance(video, VideoFile):
        return len(video["images"]) / video["fps"], video["fps"]
    with opened(video.path) as container:
        if not container.streams.video:
            raise MediaFileError(f'"{video.path.name}" has no pictures. Choose a video.')
        stream = container.streams.video[0]
        fps = float(stream.average_rate or stream.guessed_rate or Fraction(24))
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base), fps
        return (container.duration or 0) / MICROSECONDS, fps
