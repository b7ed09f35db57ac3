"""Nodes for noise levels that were searched for with a kind of model."""

from typing import Annotated, Literal

from pydantic import Field

from graph.node import node
from nodes.diffusion.schedules import searched_schedules
from nodes.diffusion.schedules.named import last_share
from nodes.sampling.schedulers import CATEGORY, Denoise
from nodes.sockets import Sigmas


@node("GITSScheduler", title="Schedule: GITS", category=CATEGORY, occupies="instant")
def gits_scheduler(
    coeff: Annotated[
        float,
        Field(
            ge=0.8, le=1.5, multiple_of=0.05, description="The larger, the more steps lie at low noise; by 0.05 only."
        ),
    ] = 1.2,
    steps: Annotated[int, Field(ge=2, le=1000, description="How many steps; it is made for few.")] = 10,
    denoise: Denoise = 1.0,
) -> Sigmas:
    """Few noise levels for Stable Diffusion, which follow how much the path of a sample bends.

    Chen et al., 2024, "On the Trajectory Regularity of ODE-based Diffusion Sampling".
    """
    return last_share(searched_schedules.geometry_inspired(coeff, steps), steps, denoise)


@node("OptimalStepsScheduler", title="Schedule: optimal steps", category=CATEGORY, occupies="instant")
def optimal_steps_scheduler(
    model_type: Annotated[Literal["FLUX", "Wan", "Chroma"], Field(description="What the model is made from.")] = "FLUX",
    steps: Annotated[
        int, Field(ge=3, le=1000, description="How many steps: 10 of Flux, 20 of Wan and 40 of Chroma are exact.")
    ] = 20,
    denoise: Denoise = 1.0,
) -> Sigmas:
    """Noise levels that were found optimal for a flow model.

    Pei et al., 2025, "Optimal Stepsize for Diffusion Sampling".
    """
    return last_share(searched_schedules.optimal_steps(model_type, steps), steps, denoise)
