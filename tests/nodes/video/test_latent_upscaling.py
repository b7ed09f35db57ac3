"""A sampled video is enlarged before it is decoded."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from nodes.models.loaders import load_vae
from nodes.video.latent_upscaling import load_latent_upscale_model, ltxv_latent_upsampler
from tests.nodes.diffusion import ltxv_originals
from tests.nodes.diffusion.upscaling import latent_upscalers
from tests.nodes.house import House

NAME = "x.safetensors"


def test_a_latent_grows_and_its_mask_is_gone(tmp_path: Path) -> None:
    house = House(tmp_path)
    for folder, tensors in (
        ("vae", ltxv_originals.vae()),
        ("latent_upscale_models", latent_upscalers.tensors("2 spatial x2")),
    ):
        (house.folder / folder).mkdir(parents=True)
        save_file({key: value.clone().contiguous() for key, value in tensors.items()}, house.folder / folder / NAME)
    handle = load_latent_upscale_model(NAME, folders=house.folders)
    assert handle.digest == house.folders.digest("latent_upscale_models", NAME)
    vae = load_vae(NAME, **house.files)
    latent = {"samples": torch.randn(1, 128, 2, 2, 3), "noise_mask": torch.ones(1, 1, 2, 1, 1), "batch_index": [4]}
    found = ltxv_latent_upsampler(latent, handle, vae, models=house.models)
    assert found["samples"].shape == (1, 128, 2, 4, 6)
    assert found.keys() == {"samples", "batch_index"}
    assert "noise_mask" in latent
