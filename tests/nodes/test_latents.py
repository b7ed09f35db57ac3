"""The nodes for latents pass their inputs on to the workshop in the right order."""

import torch

from nodes import latents
from nodes.diffusion.types import Latent


def latent() -> Latent:
    return {"samples": torch.randn(2, 4, 10, 12, generator=torch.Generator().manual_seed(0))}


def test_every_latent_node_gives_latents_of_the_size_it_was_asked_for() -> None:
    assert latents.empty_latent_image(96, 80, 2)["samples"].shape == (2, 4, 10, 12)
    assert latents.latent_upscale(latent(), "bislerp", 128, 64)["samples"].shape == (2, 4, 8, 16)
    assert latents.latent_upscale_by(latent(), "area", 2.0)["samples"].shape == (2, 4, 20, 24)
    assert latents.latent_crop(latent(), 72, 64, 16, 8)["samples"].equal(latent()["samples"][..., 1:9, 2:11])
    assert latents.latent_flip(latent(), "y-axis: horizontally")["samples"].equal(latent()["samples"].flip(-1))
    assert latents.latent_rotate(latent(), "90 degrees")["samples"].shape == (2, 4, 12, 10)


def test_every_batch_node_gives_as_many_latents_as_asked() -> None:
    assert latents.latent_batch(latent(), latent())["samples"].shape[0] == 4
    assert latents.latent_from_batch(latent(), 1, 5)["batch_index"] == [1]
    assert latents.repeat_latent_batch(latent(), 3)["samples"].shape[0] == 6


def test_latents_take_masks_and_each_other() -> None:
    masked = latents.set_latent_noise_mask(latent(), torch.ones(80, 96))
    assert masked["noise_mask"].shape == (1, 1, 80, 96)
    placed = latents.latent_composite(latent(), latents.empty_latent_image(16, 8, 1), 24, 16, 0)["samples"]
    assert placed[:, :, 2, 3:5].abs().max() == 0
    assert placed[:, :, 2, 5].equal(latent()["samples"][:, :, 2, 5])
