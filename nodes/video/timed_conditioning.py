"""Nodes that tell models of videos and sound about time."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.diffusion.conditioning_operations import with_options
from nodes.sockets import Conditioning

Seconds = Annotated[float, Field(ge=0.0, le=1000.0, multiple_of=0.1)]


class Both(NamedTuple):
    """Both conditionings."""

    positive: Conditioning
    negative: Conditioning


@node("LTXVConditioning", title="LTX-Video conditioning", category="conditioning/video", occupies="instant")
def ltxv_conditioning(
    positive: Conditioning,
    negative: Conditioning,
    frame_rate: Annotated[
        float, Field(ge=0.0, le=1000.0, multiple_of=0.01, description="Frames per second of the video.")
    ] = 25.0,
) -> Both:
    """Tell LTX-Video the frame rate."""
    return Both(with_options(positive, frame_rate=frame_rate), with_options(negative, frame_rate=frame_rate))


@node("ConditioningStableAudio", title="Stable Audio conditioning", category="conditioning/audio", occupies="instant")
def conditioning_stable_audio(
    positive: Conditioning,
    negative: Conditioning,
    seconds_start: Annotated[Seconds, Field(description="Where in the whole piece it begins.")] = 0.0,
    seconds_total: Annotated[Seconds, Field(description="How long the whole piece is.")] = 47.0,
) -> Both:
    """Tell Stable Audio which part of how long a piece to make."""
    times = {"seconds_start": seconds_start, "seconds_total": seconds_total}
    return Both(with_options(positive, **times), with_options(negative, **times))
