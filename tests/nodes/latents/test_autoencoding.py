import pytest
import torch

from nodes.diffusion.models import ModelRegistry
from nodes.latents.autoencoding import (
    decode_latent,
    decode_latent_tiled,
    encode_for_inpaint,
    encode_image,
    encode_image_tiled,
)
from tests.nodes.diffusion import tiny


@pytest.fixture(scope="module")
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


@pytest.fixture(scope="module")
def vae(registry, tmp_path_factory):
    return registry.checkpoint(tiny.write_folder(tmp_path_factory.mktemp("m") / "m")).vae


def test_pictures_become_latents_and_back(registry, vae):
    latent = encode_image(torch.rand(2, 40, 48, 3), vae, models=registry)
    assert latent["samples"].shape == (2, 4, 5, 6)
    assert decode_latent(latent, vae, models=registry).shape == (2, 40, 48, 3)


def test_tiles_have_the_same_size_as_the_whole(registry, vae):
    latent = encode_image_tiled(torch.rand(1, 136, 72, 3), vae, 64, 0, models=registry)
    assert latent["samples"].shape == (1, 4, 17, 9)
    assert decode_latent_tiled(latent, vae, 64, 32, models=registry).shape == (1, 136, 72, 3)


def test_inpainting_brings_a_noise_mask(registry, vae):
    mask = torch.zeros(1, 32, 32)
    mask[:, 8:16, 8:16] = 1.0
    latent = encode_for_inpaint(torch.rand(1, 32, 32, 3), vae, mask, 6, models=registry)
    assert latent["samples"].shape == (1, 4, 4, 4)
    assert latent["noise_mask"].sum() == 13 * 13
