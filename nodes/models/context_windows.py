"""The node that lets models predict long latents in overlapping windows."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.window_layouts import Fuse, Schedule, WindowPlan
from nodes.diffusion.guidance.windows import with_windows
from nodes.models.saving_work import numbers_in
from nodes.sockets import Model

Indices = Annotated[str, Field(description="Places in a window, from 0, with commas between them.")]


@node("ContextWindowsManual", title="Context windows", category="advanced/model", occupies="instant", experimental=True)
def context_windows(
    model: Model,
    context_length: Annotated[
        int, Field(ge=1, description="Latent frames of a window; shorter latents are not divided.")
    ] = 16,
    context_overlap: Annotated[int, Field(ge=0, description="Latent frames that neighbouring windows share.")] = 4,
    context_schedule: Annotated[
        Schedule, Field(description="Whether windows stay, move from step to step, or lie side by side.")
    ] = "standard_static",
    context_stride: Annotated[
        int,
        Field(ge=1, description="Of moving windows: from 2 on, some have every second frame; from 3, every fourth."),
    ] = 1,
    closed_loop: Annotated[
        bool, Field(description="Of looped windows: whether the end goes on at the beginning.")
    ] = False,
    fuse_method: Annotated[
        Fuse, Field(description="How overlapping windows are mixed: by their middles most, evenly, or by ramps.")
    ] = "pyramid",
    dim: Annotated[
        int, Field(ge=0, le=5, description="What is divided: 0 batches of frames, 2 the frames of a video latent.")
    ] = 0,
    freenoise: Annotated[
        bool, Field(description="Start later frames from the noise of the first window in another order.")
    ] = False,
    cond_retain_index_list: Annotated[
        Indices,
        Field(
            description="Places where a window keeps what the whole conditioning has there: `0` for a first picture."
        ),
    ] = "",
    split_conds_to_windows: Annotated[
        bool, Field(description="Of several combined conditionings each window has the one whose turn it is.")
    ] = False,
    latent_retain_index_list: Annotated[
        Indices, Field(description="Places where a window keeps what the whole latent has there.")
    ] = "",
    causal_window_fix: Annotated[
        bool, Field(description="Show later windows the frame before them, as models of videos need it.")
    ] = True,
) -> Model:
    """Sample latents that are longer than a model knows, window by window, mixed where windows overlap.

    Qiu et al., 2023, "FreeNoise: Tuning-Free Longer Video Diffusion via Noise Rescheduling".
    """
    if context_overlap >= context_length:
        raise DiffusionError(
            f"context_overlap must be below context_length, got {context_overlap} and {context_length}: otherwise no "
            "window would come further than the one before it."
        )
    plan = WindowPlan(
        length=context_length,
        overlap=context_overlap,
        schedule=context_schedule,
        stride=context_stride,
        is_closed=closed_loop,
        fuse=fuse_method,
        dim=dim,
        kept_conditions=numbers_in(cond_retain_index_list),
        kept_latents=numbers_in(latent_retain_index_list),
        splits_conditions=split_conds_to_windows,
        leads_in=causal_window_fix,
        shuffles_noise=freenoise,
    )
    return with_windows(model, plan)
