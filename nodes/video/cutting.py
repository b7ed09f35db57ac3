"""The node that takes a part of a video."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion.files.video_cutting import cut
from nodes.video.video_files import Video


@node("Video Slice", title="Cut video", category="image/video", occupies="io")
def video_slice(
    video: Video,
    start_time: Annotated[
        float,
        Field(ge=-1e5, le=1e5, multiple_of=0.001, description="When it begins, in seconds; negative from the end."),
    ] = 0.0,
    duration: Annotated[
        float, Field(ge=0.0, multiple_of=0.001, description="How long it is, in seconds; 0 goes to the end.")
    ] = 0.0,
    strict_duration: Annotated[bool, Field(description="Whether a shorter rest is an error.")] = False,
) -> Video:
    """Take a part of a video by time, with its sound."""
    return cut(video, start_time, duration, is_strict=strict_duration)
