"""Nodes for frames of videos' latents."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.diffusion import video_frames
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Latent


class Evened(NamedTuple):
    """The video with its new beginning."""

    latent: Latent


@node("ReplaceVideoLatentFrames", title="Replace frames of a latent", category="latent/batch")
def replace_video_latent_frames(
    destination: Annotated[Latent, Field(description="The video.")],
    source: Annotated[Latent | None, Field(description="What is put there; without it nothing changes.")] = None,
    index: Annotated[
        int,
        Field(
            ge=-MAX_RESOLUTION,
            le=MAX_RESOLUTION,
            description="From which frame of the latent on; negative numbers count from the end.",
        ),
    ] = 0,
) -> Latent:
    """Put one video into another, from a frame of its latent on; where it does not fit, nothing changes."""
    return destination if source is None else video_frames.replaced(destination, source, index)


@node("NormalizeVideoLatentStart", title="Normalize the start of a latent", category="conditioning/video_models")
def normalize_video_latent_start(
    latent: Latent,
    start_frame_count: Annotated[
        int, Field(ge=1, le=MAX_RESOLUTION, description="How many frames of the latent are changed.")
    ] = 4,
    reference_frame_count: Annotated[
        int, Field(ge=1, le=MAX_RESOLUTION, description="How many of those that follow are looked at.")
    ] = 5,
) -> Evened:
    """Bring the first frames of a video nearer to those that follow, so that it does not jump at its beginning."""
    return Evened(video_frames.evened_start(latent, start_frame_count, reference_frame_count))
