"""Differential diffusion: a grey mask says how much each place may change.

Levin and Fried, 2023, "Differential Diffusion: Giving Each Pixel Its Strength", algorithm 1: a place is kept until so
much of the sampling is left as its mask allows.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from nodes.diffusion.inpainting import MaskAt
from nodes.diffusion.prediction import Parameterisation

DIFFERENTIAL = "differential_diffusion"
"""The option of a handle: how much of the hard mask is taken, 0..1; the rest is the grey one."""


def mask_at_of(options: Mapping[str, Any], parameterisation: Parameterisation, sigmas: Tensor) -> MaskAt:
    """How masks change on the way; without the option they do not.

    Args:
        options: of the handle.
        parameterisation: of the network.
        sigmas: the noise levels of the run.
    """
    if DIFFERENTIAL not in options:
        return lambda mask, sigma: mask
    strength = float(options[DIFFERENTIAL])
    lowest = max(float(sigmas[-1]), float(parameterisation.sigmas[0]))
    first, last = (float(parameterisation.timestep(sigmas.new_tensor(each))) for each in (float(sigmas[0]), lowest))

    def mask_at(mask: Tensor, sigma: Tensor) -> Tensor:
        left = (float(parameterisation.timestep(sigma)) - last) / max(first - last, 1e-9)
        hard = (mask >= left).to(mask.dtype)
        return hard if strength in (0.0, 1.0) else strength * hard + (1 - strength) * mask

    return mask_at
