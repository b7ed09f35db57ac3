"""Nodes that make noise levels for models of straight flows."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion.schedules import flow_schedules
from nodes.limits import MAX_RESOLUTION
from nodes.sampling.schedulers import CATEGORY, Steps
from nodes.sockets import Latent, Sigmas

Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=1)]


@node("Flux2Scheduler", title="Schedule: Flux.2", category=CATEGORY, occupies="instant")
def flux2_scheduler(
    steps: Annotated[int, Field(ge=1, le=4096, description="How many steps.")] = 20,
    width: Annotated[Side, Field(description="Width of the picture, in pixels.")] = 1024,
    height: Annotated[Side, Field(description="Height of the picture, in pixels.")] = 1024,
) -> Sigmas:
    """The noise levels of Flux.2, which follow from the size of the picture."""
    return flow_schedules.flux2(steps, width, height)


@node("LTXVScheduler", title="Schedule: LTX-Video", category=CATEGORY, occupies="instant")
def ltxv_scheduler(
    steps: Steps = 20,
    max_shift: Annotated[
        float, Field(ge=0.0, le=100.0, multiple_of=0.01, description="Shift towards noise for 4096 cells.")
    ] = 2.05,
    base_shift: Annotated[
        float, Field(ge=0.0, le=100.0, multiple_of=0.01, description="Shift towards noise for 1024 cells.")
    ] = 0.95,
    stretch: Annotated[bool, Field(description="Stretch the levels so that the last is `terminal`.")] = True,
    terminal: Annotated[
        float, Field(ge=0.0, le=0.99, multiple_of=0.01, description="The last level above 0, where stretched.")
    ] = 0.1,
    latent: Annotated[Latent | None, Field(description="Its cells are counted; 4096 without one.")] = None,
) -> Sigmas:
    """The noise levels of LTX-Video, which follow from the size of the latent."""
    tokens = 4096 if latent is None else latent["samples"].shape[2:].numel()
    return flow_schedules.ltxv(steps, tokens, max_shift, base_shift, terminal if stretch else None)
