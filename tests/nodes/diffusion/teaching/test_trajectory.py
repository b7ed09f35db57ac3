"""The watched run is the plain run, and what was seen ends where it ends."""

import torch

from nodes.diffusion.sampling import Recipe, sample
from nodes.diffusion.schedules.named import Steps
from nodes.diffusion.teaching.trajectory import evenly, sample_watched
from nodes.diffusion.types import Guider, LatentFormat, Noise, Sampler
from tests.nodes.diffusion.networks import HANDLE, latent, text, unet_network


def test_watching_changes_nothing_and_the_last_step_is_the_result() -> None:
    network = unet_network()
    guider = Guider(HANDLE, "cfg", {"positive": text(1), "negative": text(2)}, {"cfg": 4.0})
    recipe = Recipe(guider, Sampler("euler"), Steps("karras", 5), Noise(3), 3)
    plain = sample(network, recipe, latent(), lambda *_: None).output["samples"]
    watched, seen = sample_watched(network, recipe, latent(), lambda *_: None)
    assert torch.equal(watched["samples"], plain)
    assert len(seen.noisy) == len(seen.denoised) == len(seen.sigmas) == 5
    assert torch.allclose(seen.noisy[-1], plain, atol=1e-5)
    assert torch.allclose(seen.denoised[-1], plain, atol=1e-4)  # the last step goes all the way
    assert seen.sigmas == sorted(seen.sigmas, reverse=True)
    assert seen.sigmas[-1] == 0


def test_what_was_seen_is_in_the_scale_of_the_autoencoder_where_channels_differ() -> None:
    formats = LatentFormat(scale=1.0, means=(1.0, -2.0, 0.5, 0.0), deviations=(2.0, 0.5, 3.0, 1.0))
    network = unet_network(latent_format=formats)
    guider = Guider(HANDLE, "cfg", {"positive": text(1), "negative": text(2)}, {"cfg": 1.0})
    recipe = Recipe(guider, Sampler("euler"), Steps("karras", 2), Noise(3), 3)
    watched, seen = sample_watched(network, recipe, latent(), lambda *_: None)
    assert torch.allclose(seen.noisy[-1], watched["samples"], atol=1e-4)


def test_shown_steps_are_spread_evenly_and_end_with_the_last() -> None:
    assert evenly(16, 8) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert evenly(3, 8) == [0, 1, 2]
    assert evenly(10, 1) == [9]
