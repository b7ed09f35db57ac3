"""DPM-Solver++(2M): a multistep solver that remembers the last prediction.

Lu et al., 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models", algorithm 2, in
sigma space (alpha = 1). Order 2 with one model call a step; first and last step are of order 1.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.types import OnStep


def dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Extrapolate the denoised latent over each step in `lambda = -log(sigma)`; no noise."""
    steps = len(sigmas) - 1
    before: Tensor | None = None
    lambdas = sigmas.log().neg()
    for step, (start, end) in enumerate(pairwise(lambdas)):
        denoised = denoise(x, sigmas[step])
        width = end - start
        guess = denoised
        if before is not None and sigmas[step + 1] > 0:
            ratio = (start - lambdas[step - 1]) / width
            guess = (1 + 1 / (2 * ratio)) * denoised - (1 / (2 * ratio)) * before
        x = end.neg().exp() / start.neg().exp() * x - (-width).expm1() * guess
        before = denoised
        on_step(step, steps, x, denoised)
    return x
