"""Sampling only a part of a picture: what the mask keeps follows the original at every noise level."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from nodes.diffusion.guidance.conditions import to_batch
from nodes.diffusion.pictures.masking import as_batch
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.samplers.base import Denoise, Guided

MaskAt = Callable[[Tensor, Tensor], Tensor]
"""From a mask and a noise level to the mask that applies there."""


@dataclass(frozen=True)
class Original:
    """What is kept where the mask says so: a latent in the network's scale, and the noise it is shown with."""

    latent: Tensor
    noise: Tensor
    mask: Tensor
    """(batch, 1, height, width): 1 is sampled anew, 0 is kept; between, the two are mixed."""
    is_clean: bool = False
    """Whether it is shown without noise, to a network that is told where it is kept."""


class InpaintingDenoiser:
    """A denoiser that is shown the original, at the right noise level, wherever the mask keeps it.

    Lugmayr et al., 2022, "RePaint", equation 8, for the input of every model call; the prediction is the original there
    as well.

    Args:
        denoise: what is shown the original.
        parameterisation: of the network.
        original: what is kept, and where.
        mask_at: the mask at a noise level, where it changes on the way.
    """

    def __init__(
        self,
        denoise: Denoise,
        parameterisation: Parameterisation,
        original: Original,
        mask_at: MaskAt = lambda mask, sigma: mask,
    ) -> None:
        self.is_flow = denoise.is_flow
        self._denoise = denoise
        self._parameterisation = parameterisation
        self._original = original
        self._mask_at = mask_at

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The denoised latent, with the original where it is kept."""
        mask = self._mask_at(self._original.mask, sigma)
        return self._keep(self._denoise(self._shown(x, sigma, mask), sigma), mask)

    def with_unconditional(self, x: Tensor, sigma: Tensor) -> Guided:
        """As the call; the unconditional prediction stays as the model gave it."""
        mask = self._mask_at(self._original.mask, sigma)
        denoised, unconditional = self._denoise.with_unconditional(self._shown(x, sigma, mask), sigma)
        return Guided(self._keep(denoised, mask), unconditional)

    def percent_to_sigma(self, percent: float) -> float:
        """The noise level when `percent` (0..1) of the way from pure noise to the picture is done."""
        return self._denoise.percent_to_sigma(percent)

    def _shown(self, x: Tensor, sigma: Tensor, mask: Tensor) -> Tensor:
        original = self._original
        kept = original.latent
        if not original.is_clean:
            kept = self._parameterisation.add_noise(sigma, original.noise, kept)
        return x * mask + kept * (1 - mask)

    def _keep(self, denoised: Tensor, mask: Tensor) -> Tensor:
        return denoised * mask + self._original.latent * (1 - mask)


def fit_mask(mask: Tensor, like: Tensor) -> Tensor:
    """A noise mask of any resolution and batch at the size of a latent: (batch, 1, height, width).

    For latents with frames it has one that stands for all, or those of a mask (batch, 1, frames, height, width).
    """
    if mask.dim() == 5 and like.dim() == 5:
        return to_batch(functional.interpolate(mask.float(), size=like.shape[2:]), len(like)).to(like.device)
    resized = functional.interpolate(as_batch(mask).unsqueeze(1).float(), size=like.shape[-2:], mode="bilinear")
    fitted = to_batch(resized, len(like)).to(like.device)
    return fitted.unsqueeze(2) if like.dim() == 5 else fitted  # every frame alike
