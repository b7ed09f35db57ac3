"""The nodes for latents pass their inputs on to the workshop in the right order."""

import torch

from nodes.diffusion.types import Latent
from nodes.latents import editing


def latent() -> Latent:
    return {"samples": torch.randn(2, 4, 10, 12, generator=torch.Generator().manual_seed(0))}


def test_every_latent_node_gives_latents_of_the_size_it_was_asked_for() -> None:
    assert editing.empty_latent_image(96, 80, 2)["samples"].shape == (2, 4, 10, 12)
    assert editing.latent_upscale(latent(), "bislerp", 128, 64)["samples"].shape == (2, 4, 8, 16)
    assert editing.latent_upscale_by(latent(), "area", 2.0)["samples"].shape == (2, 4, 20, 24)
    assert editing.latent_crop(latent(), 72, 64, 16, 8)["samples"].equal(latent()["samples"][..., 1:9, 2:11])
    assert editing.latent_flip(latent(), "y-axis: horizontally")["samples"].equal(latent()["samples"].flip(-1))
    assert editing.latent_rotate(latent(), "90 degrees")["samples"].shape == (2, 4, 12, 10)


def test_every_batch_node_gives_as_many_latents_as_asked() -> None:
    assert editing.latent_batch(latent(), latent())["samples"].shape[0] == 4
    assert editing.latent_from_batch(latent(), 1, 5)["batch_index"] == [1]
    assert editing.repeat_latent_batch(latent(), 3)["samples"].shape[0] == 6


def test_latents_take_masks_and_each_other() -> None:
    masked = editing.set_latent_noise_mask(latent(), torch.ones(80, 96))
    assert masked["noise_mask"].shape == (1, 1, 80, 96)
    placed = editing.latent_composite(latent(), editing.empty_latent_image(16, 8, 1), 24, 16, 0)["samples"]
    assert placed[:, :, 2, 3:5].abs().max() == 0
    assert placed[:, :, 2, 5].equal(latent()["samples"][:, :, 2, 5])
