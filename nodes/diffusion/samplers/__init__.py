"""The samplers: one algorithm a file, and one line here for each name."""

from collections.abc import Mapping

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.samplers.base import Algorithm
from nodes.diffusion.samplers.ddpm import ddpm
from nodes.diffusion.samplers.dpmpp_2m import dpmpp_2m
from nodes.diffusion.samplers.euler import euler
from nodes.diffusion.samplers.euler_ancestral import euler_ancestral
from nodes.diffusion.samplers.heun import heun
from nodes.diffusion.samplers.lcm import lcm

SAMPLERS: Mapping[str, Algorithm] = {
    "euler": Algorithm(euler),
    "euler_ancestral": Algorithm(euler_ancestral),
    "heun": Algorithm(heun),
    "dpmpp_2m": Algorithm(dpmpp_2m),
    "ddpm": Algorithm(ddpm),
    "lcm": Algorithm(lcm),
    "ddim": Algorithm(euler, renews_inpaint_noise=True),
}
"""Every sampler by the ecosystem's name and in its order."""


def algorithm_of(name: str) -> Algorithm:
    """The sampler of that name.

    Raises:
        DiffusionError: there is none.
    """
    if name not in SAMPLERS:
        raise DiffusionError(f'There is no sampler "{name}"; there are {", ".join(SAMPLERS)}.')
    return SAMPLERS[name]
