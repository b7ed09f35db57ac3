"""DPM-Solver++(2M), guided as CFG++ does it.

Lu et al., 2022, "DPM-Solver++", algorithm 2; after Chung et al., 2024, "CFG++: Manifold-constrained Classifier Free
Guidance for Diffusion Models", algorithm 2, the noise that stays is that of the unconditional prediction. Where that
and the guided one agree it is `dpmpp_2m`, of order 2.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.types import OnStep


def dpmpp_2m_cfg_pp(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Go to the guided prediction, keep the unconditional one's noise, and extrapolate; no fresh noise."""
    steps = len(sigmas) - 1
    before: Tensor | None = None
    lambdas = sigmas.log().neg()
    for step, (start, end) in enumerate(pairwise(lambdas)):
        denoised, unconditional = denoise.with_unconditional(x, sigmas[step])
        width = end - start
        x = denoised + (-width).exp() * (x - unconditional)
        if before is not None and sigmas[step + 1] > 0:
            ratio = (start - lambdas[step - 1]) / width
            x = x - (-width).expm1() / (2 * ratio) * (denoised - before)
        before = unconditional
        on_step(step, steps, x, denoised)
    return x
