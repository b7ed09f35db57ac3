"""The node for long latents: from its inputs to what is sampled."""

import pytest
import torch

from graph.context import Context
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.window_layouts import WindowPlan
from nodes.diffusion.guidance.windows import WINDOWS
from nodes.models.context_windows import context_windows
from nodes.models.saving_work import easy_cache
from nodes.sampling.denoising import ksampler
from tests.nodes.diffusion.networks import HANDLE, Provider, latent, text, unet_network


def sampled(network, model, batch: int = 6, steps: int = 3):
    start = {"latent_image": latent(batch), "ctx": Context(), "models": Provider(network)}
    texts = {"positive": text(1), "negative": text(2)}
    return ksampler(model, 5, steps, 3.0, "euler", "normal", **texts, **start)["samples"]


def test_inputs_become_a_plan() -> None:
    model = context_windows(HANDLE, 21, 8, "standard_uniform", 2, True, "relative", 2, True, "0", True, "0, 3", False)
    assert model.options[WINDOWS] == WindowPlan(
        21, 8, "standard_uniform", 2, True, "relative", 2, (0,), (0, 3), True, False, True
    )


def test_a_network_without_frames_draws_the_same_in_windows() -> None:
    network = unet_network()
    whole = sampled(network, HANDLE)
    assert network.rows == [12] * 3
    found = sampled(network, context_windows(HANDLE, 4, 2))
    assert network.rows[3:] == [8] * 6  # two windows a step
    torch.testing.assert_close(found, whole, atol=1e-4, rtol=1e-4)


def test_shuffled_noise_repeats_the_first_window() -> None:
    network = unet_network()
    found = sampled(network, context_windows(HANDLE, 4, 2, freenoise=True))
    assert not torch.allclose(found, sampled(network, HANDLE), atol=1e-3)
    distances = torch.cdist(found.flatten(1), found.flatten(1)) + 1e9 * torch.eye(6)
    assert float(distances[4:, :4].min()) < 1e-2  # a later frame is one of the first again


def test_windows_and_caching_go_together() -> None:
    network = unet_network()
    model = context_windows(HANDLE, 4, 2)
    plain = sampled(network, model, steps=6)
    assert torch.equal(sampled(network, easy_cache(model, 0.0), steps=6), plain)
    calls = len(network.rows)
    saved = sampled(network, easy_cache(model, 3.0, 0.0, 1.0), steps=6)
    assert len(network.rows) - calls == 2 * 2  # both windows of the first two steps
    assert saved.isfinite().all()


def test_windows_that_would_not_move_are_refused() -> None:
    with pytest.raises(DiffusionError, match="context_overlap must be below context_length, got 4 and 4"):
        context_windows(HANDLE, 4, 4)
