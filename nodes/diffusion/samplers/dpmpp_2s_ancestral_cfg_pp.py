"""DPM-Solver++(2S) with fresh noise, guided as CFG++ does it.

As `dpmpp_2s_ancestral`; after Chung et al., 2024, "CFG++: Manifold-constrained Classifier Free Guidance for Diffusion
Models", algorithm 2, noise is put back as the unconditional prediction sees it: the latent is moved by the difference
of guided and unconditional prediction before it is scaled. Order 1; where the two agree it is `dpmpp_2s_ancestral`.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.dpmpp_2s_ancestral import towards
from nodes.diffusion.types import OnStep


def dpmpp_2s_ancestral_cfg_pp(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Step below the next noise level with the prediction from halfway, then rise to it with fresh noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised, unconditional = denoise.with_unconditional(x, sigma)
        down, up = ancestral_step(sigma, sigma_next, eta)
        if down == 0:
            x = denoised
        else:
            moved = x + (denoised - unconditional)
            middle = sigma.log().lerp(down.log(), 0.5).exp()
            inner = denoise(towards(moved, denoised, middle / sigma), middle)
            x = towards(moved, inner, down / sigma)
        if eta > 0 and sigma_next > 0:
            x = x + noise(sigma, sigma_next) * s_noise * up
        on_step(step, steps, x, denoised)
    return x
