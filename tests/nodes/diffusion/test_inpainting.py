"""Noise masks: what they keep follows the original."""

import torch
from torch import Tensor

from nodes.diffusion.inpainting import InpaintingDenoiser, Original, fit_mask
from nodes.diffusion.prediction import FlowParameterisation, parameterisation_of
from tests.nodes.diffusion.networks import EchoNetwork

LIKE = torch.zeros(2, 4, 8, 8)


class Watched:
    """Remembers what it was shown and answers with a constant."""

    is_flow = False

    def __init__(self) -> None:
        self.shown = torch.empty(0)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        self.shown = x
        return torch.full_like(x, 9.0)


def test_the_model_is_shown_the_noised_original_where_the_mask_keeps_it() -> None:
    latent, noise = torch.full_like(LIKE, 2.0), torch.full_like(LIKE, 0.5)
    mask = torch.zeros(2, 1, 8, 8)
    mask[..., 4:] = 1
    for parameterisation, kept in ((parameterisation_of(EchoNetwork(), {}), 2.2), (FlowParameterisation(), 1.4)):
        watched = Watched()
        inpainting = InpaintingDenoiser(watched, parameterisation, Original(latent, noise, mask))
        denoised = inpainting(torch.full_like(LIKE, 7.0), torch.tensor(0.4))
        assert torch.allclose(watched.shown[..., :4], torch.tensor(kept))
        assert torch.allclose(watched.shown[..., 4:], torch.tensor(7.0))
        assert torch.allclose(denoised[..., :4], torch.tensor(2.0))
        assert torch.allclose(denoised[..., 4:], torch.tensor(9.0))


def test_a_mask_between_zero_and_one_mixes() -> None:
    original = Original(torch.zeros_like(LIKE), torch.zeros_like(LIKE), torch.full((2, 1, 8, 8), 0.25))
    inpainting = InpaintingDenoiser(Watched(), parameterisation_of(EchoNetwork(), {}), original)
    assert torch.allclose(inpainting(LIKE, torch.tensor(1.0)), torch.tensor(9.0 * 0.25))


def test_masks_of_any_size_and_batch_fit_the_latent() -> None:
    for shape in ((64, 64), (1, 64, 64), (2, 64, 64), (3, 1, 40, 24), (1, 8, 8)):
        assert torch.equal(fit_mask(torch.ones(shape), LIKE), torch.ones(2, 1, 8, 8))


def test_networks_that_are_told_what_is_kept_are_shown_it_without_noise() -> None:
    latent, noise = torch.full_like(LIKE, 2.0), torch.full_like(LIKE, 0.5)
    mask = torch.full((2, 1, 8, 8), 0.25)
    watched = Watched()
    inpainting = InpaintingDenoiser(watched, FlowParameterisation(), Original(latent, noise, mask, is_clean=True))
    inpainting(torch.full_like(LIKE, 7.0), torch.tensor(0.4))
    assert torch.allclose(watched.shown, torch.tensor(0.25 * 7 + 0.75 * 2))
