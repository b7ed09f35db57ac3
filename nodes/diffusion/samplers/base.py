"""What a sampler is: a function from noisy to clean, and what it may rely on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from torch import Tensor

from nodes.diffusion.noise import StepNoise, independent_noise


class Guided(NamedTuple):
    """A prediction with and without its positive conditioning."""

    denoised: Tensor
    """The guided prediction of the clean latent."""
    unconditional: Tensor
    """The prediction of the negative side alone; the guided one where there is no such side."""


class Denoise(Protocol):
    """A model with its guidance, as one function from a noisy latent to the clean one that it suspects."""

    is_flow: bool
    """Whether noise is mixed in, `(1 - sigma) * x0 + sigma * noise`, instead of added."""

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The denoised latent.

        Args:
            x: (batch, channels, height, width) float32.
            sigma: its noise level, without dimensions, on the CPU.
        """
        ...

    def with_unconditional(self, x: Tensor, sigma: Tensor) -> Guided:
        """The denoised latent, and that of the negative side alone, as CFG++ needs them."""
        ...

    def percent_to_sigma(self, percent: float) -> float:
        """The noise level when `percent` (0..1) of the way from pure noise to the picture is done."""
        ...


@dataclass(frozen=True)
class Algorithm:
    """A sampler with what the house has to know about it.

    Attributes:
        run: `(denoise, x, sigmas, *, noise, on_step) -> x`; further keywords with defaults are its options. `sigmas`
            are float32 on the CPU, so that comparing them waits for nothing. `on_step` is called after each step.
        make_noise: from latent, seed and sigmas to the noise of each step.
        drops_penultimate: whether schedules leave out the last but one noise level for it.
        renews_inpaint_noise: whether what a mask keeps is noised anew, from the next seed, instead of by the noise that
            the run started from.
    """

    run: Callable[..., Tensor]  # samplers have options of their own
    make_noise: Callable[[Tensor, int, Tensor], StepNoise] = independent_noise
    drops_penultimate: bool = False
    renews_inpaint_noise: bool = False


def slope(x: Tensor, sigma: Tensor, denoised: Tensor) -> Tensor:
    """dx/dsigma of the probability flow (Karras et al., 2022, equation 3, in sigma space)."""
    return (x - denoised) / sigma


def predict(denoise: Denoise, x: Tensor, sigma: Tensor, *, cfg_pp: bool) -> Guided:
    """The prediction for a sampler that may follow CFG++: without it, both sides are the guided prediction."""
    if cfg_pp:
        return denoise.with_unconditional(x, sigma)
    denoised = denoise(x, sigma)
    return Guided(denoised, denoised)
