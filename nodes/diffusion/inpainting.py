"""Sampling only a part of a picture: what the mask keeps follows the original at every noise level."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from nodes.diffusion.guidance.conditions import to_batch
from nodes.diffusion.masking import as_batch
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.samplers.base import Denoise


@dataclass(frozen=True)
class Original:
    """What is kept where the mask says so: a latent in the network's scale, and the noise it is shown with."""

    latent: Tensor
    noise: Tensor
    mask: Tensor
    """(batch, 1, height, width): 1 is sampled anew, 0 is kept; between, the two are mixed."""


class InpaintingDenoiser:
    """A denoiser that is shown the original, at the right noise level, wherever the mask keeps it.

    Lugmayr et al., 2022, "RePaint", equation 8, for the input of every model call; the prediction is the original there
    as well.
    """

    def __init__(self, denoise: Denoise, parameterisation: Parameterisation, original: Original) -> None:
        self.is_flow = denoise.is_flow
        self._denoise = denoise
        self._parameterisation = parameterisation
        self._original = original
        self._keeps = 1 - original.mask
        self._kept = original.latent * self._keeps

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The denoised latent, with the original where it is kept."""
        original = self._original
        shown = self._parameterisation.add_noise(sigma, original.noise, original.latent)
        denoised = self._denoise(x * original.mask + shown * self._keeps, sigma)
        return denoised * original.mask + self._kept


def fit_mask(mask: Tensor, like: Tensor) -> Tensor:
    """A noise mask of any resolution and batch at the size of a latent: (batch, 1, height, width)."""
    resized = functional.interpolate(as_batch(mask).unsqueeze(1).float(), size=like.shape[-2:], mode="bilinear")
    return to_batch(resized, len(like)).to(like.device)
