"""Tiny autoencoders in their original two files: chosen by name, in the scale of their family."""

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

from graph.errors import FolderError
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.tiny_autoencoder import FORMATS, tiny_keys
from nodes.models.loaders import load_vae
from tests.nodes.house import House


def write(folder: Path, name: str, channels: int) -> AutoencoderTiny:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AutoencoderTiny(
            latent_channels=channels, encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4
        ).eval()
    state = network.state_dict()
    names = tiny_keys({key: tuple(value.shape) for key, value in state.items()})
    folder.mkdir(parents=True, exist_ok=True)
    for half in ("encoder", "decoder"):
        own = {names[key].removeprefix(f"{half}."): t for key, t in state.items() if key.startswith(half)}
        save_file(own, folder / f"{name}_{half}.safetensors")
    return network


@pytest.mark.parametrize("name", FORMATS)
def test_a_tiny_autoencoder_is_chosen_by_name(tmp_path: Path, name: str) -> None:
    house, form = House(tmp_path), FORMATS[name]
    network = write(house.folder / "vae_approx", name, form.channels)
    handle = load_vae(name, **house.files)
    latent = torch.randn(1, form.channels, 4, 4)
    pixels = torch.rand(1, 3, 32, 32) * 2 - 1
    with house.models.use_vae(handle) as tiny, torch.no_grad():
        expected = network.decode((latent - form.shift) * form.scale).sample
        assert torch.allclose(tiny.decode(latent), expected, atol=1e-5)
        assert torch.allclose(
            (tiny.encode(pixels) - form.shift) * form.scale, network.encode(pixels).latents, atol=1e-5
        )
        assert (tiny.latent_channels, tiny.downscale) == (form.channels, 8)


def test_names_of_layers_are_those_of_published_files() -> None:
    names = set(tiny_keys(dict.fromkeys(AutoencoderTiny().state_dict(), ())).values())
    assert {"encoder.0.weight", "encoder.1.conv.4.bias", "encoder.14.weight", "decoder.1.bias"} <= names
    assert {"decoder.3.conv.0.weight", "decoder.7.weight", "decoder.19.bias"} <= names
    assert "decoder.7.bias" not in names


def test_files_that_are_missing_or_of_another_kind_are_named(tmp_path: Path) -> None:
    house = House(tmp_path)
    with pytest.raises(FolderError, match="taesd_encoder"):
        load_vae("taesd", **house.files)
    write(house.folder / "vae_approx", "taesd", 16)
    with pytest.raises(UnsupportedModel, match="taesd_encoder"):
        load_vae("taesd", **house.files)
