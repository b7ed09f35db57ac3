"""LTX-Video: found, loaded bit for bit, mapped as diffusers maps it; positions and times are those of its pipeline."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from diffusers.loaders.single_file_utils import (
    convert_ltx_transformer_checkpoint_to_diffusers,
    convert_ltx_vae_checkpoint_to_diffusers,
)
from safetensors.torch import save_file

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.ltxv import Ltxv, LtxvModel
from nodes.diffusion.families.ltxv_vae_layout import ltxv_vae_config, ltxv_vae_map
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Start
from tests.nodes.diffusion import ltxv_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)


def numbered(names: Any) -> dict[str, torch.Tensor]:
    """A tensor for each name, each with a number of its own."""
    return {name: torch.full((), float(number)) for number, name in enumerate(names)}


@pytest.mark.parametrize("version", originals.AUTOENCODERS)
def test_the_autoencoders_files_are_mapped_as_diffusers_maps_them(version: str) -> None:
    network = skeleton(lambda: AutoencoderKLLTXVideo(**originals.AUTOENCODERS[version]))
    own = state_shapes(network)
    names = ltxv_vae_map(own)
    values = numbered(names)
    file = {f"vae.{names[key].key}": value for key, value in values.items()}
    told = file_shapes(names, own)["encoder.conv_out.conv.weight"]
    file["vae.encoder.conv_out.conv.weight"] = file["vae.encoder.conv_out.conv.weight"].expand(told)
    theirs = convert_ltx_vae_checkpoint_to_diffusers(dict(file))
    assert {key: float(value.flatten()[0]) for key, value in theirs.items()} == {k: float(v) for k, v in values.items()}


@pytest.mark.parametrize("version", originals.AUTOENCODERS)
def test_the_autoencoders_configuration_is_read_off_the_shapes(version: str) -> None:
    for config in (originals.AUTOENCODERS[version], originals.tiny_config(version)):
        network = skeleton(lambda: AutoencoderKLLTXVideo(**config))  # noqa: B023 - called at once
        shapes = file_shapes(ltxv_vae_map(state_shapes(network)), state_shapes(network))
        again = skeleton(lambda: AutoencoderKLLTXVideo(**ltxv_vae_config(shapes)))  # noqa: B023 - called at once
        assert state_shapes(again) == state_shapes(network)
        told = {key: again.config[key] for key in ltxv_vae_config(shapes)}
        ratios = ("spatial_compression_ratio", "temporal_compression_ratio")
        assert (again.spatial_compression_ratio, again.temporal_compression_ratio) == (32, 8)
        assert {key: told[key] for key in told if key not in ratios} == {
            key: network.config[key] for key in told if key not in ratios
        }


def test_the_transformers_files_are_mapped_as_diffusers_maps_them() -> None:
    own = state_shapes(skeleton(LTXVideoTransformer3DModel))
    names = Ltxv.layout.key_map(own)
    values = numbered(names)
    theirs = convert_ltx_transformer_checkpoint_to_diffusers(
        {f"model.diffusion_model.{names[key].key}": value for key, value in values.items()}
    )
    assert {key: float(value) for key, value in theirs.items()} == {k: float(v) for k, v in values.items()}


def loaded(tmp_path: Path, header: dict[str, str] | None = None) -> tuple[LtxvModel, Any]:
    original = originals.ltxv()
    tensors = {f"model.diffusion_model.{key}": value for key, value in original.transformer().items()}
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, tmp_path / "x.safetensors", header)
    found = recognise(SingleFile(tmp_path / "x.safetensors"), "model")
    model = found.family.load_model(found.contents, CPU)
    assert isinstance(model, LtxvModel)
    return model, original.network


def test_it_predicts_what_diffusers_predicts(tmp_path: Path) -> None:
    model, network = loaded(tmp_path)
    x, context = torch.randn(2, 128, 2, 3, 4), torch.randn(2, 7, 96)
    context[1, 4:] = 0
    start = Start(torch.zeros(1, 128, 2, 3, 4))
    told = {key: value.expand(2) for key, value in model.inputs({"frame_rate": 16.0}, "positive", start).items()}
    found = model.predict(x, torch.tensor([700.0, 700.0]), context, told)
    mask = torch.ones(2, 7)
    mask[1, 4:] = 0
    with torch.no_grad():
        wanted = network(
            x.flatten(2).transpose(1, 2),
            context,
            torch.tensor([700.0, 700.0]),
            mask,
            num_frames=2,
            height=3,
            width=4,
            rope_interpolation_scale=(8 / 16.0, 32, 32),
            return_dict=False,
        )[0]
    torch.testing.assert_close(found.flatten(2).transpose(1, 2), wanted, atol=1e-5, rtol=1e-4)


def test_cells_that_are_given_are_told_without_noise(tmp_path: Path) -> None:
    model, _ = loaded(tmp_path)
    x, context = torch.randn(1, 128, 2, 3, 4), torch.randn(1, 7, 96)
    mask = torch.ones(1, 1, 2, 3, 4)
    mask[:, :, 0] = 0
    times, results = torch.tensor([700.0]), []
    for given in (None, torch.ones_like(mask), mask):
        results.append(model.predict(x, times, context, dict(model.inputs({}, "positive", Start(x, given)))))
    torch.testing.assert_close(results[0], results[1], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(results[0], results[2], atol=1e-3)


@pytest.mark.parametrize("causal", ["true", "false"])
def test_the_header_says_how_frames_are_counted(tmp_path: Path, causal: str) -> None:
    header = {"config": '{"transformer": {"causal_temporal_positioning": ' + causal + "}}"}
    model, _ = loaded(tmp_path, header)
    seconds = model._places(3, 1, 1, {"frame_rate": torch.tensor([8.0])})[0, 0].tolist()
    assert seconds == ([0, 1 / 8, 9 / 8] if causal == "true" else [0, 1, 2])


@pytest.mark.parametrize("version", originals.AUTOENCODERS)
def test_videos_are_encoded_and_decoded_in_their_size(tmp_path: Path, version: str) -> None:
    save_file({k: v.clone().contiguous() for k, v in originals.vae(version).items()}, tmp_path / "v.safetensors")
    found = recognise(SingleFile(tmp_path / "v.safetensors"), "vae")
    autoencoder = found.family.load_vae(found.contents, CPU)
    video = torch.rand(1, 3, 11, 64, 96) * 2 - 1
    latents = autoencoder.encode(video)
    assert latents.shape == (1, 128, 2, 2, 3)
    pixels = autoencoder.decode(latents)
    assert pixels.shape == (1, 3, 9, 64, 96)
    assert torch.equal(pixels, autoencoder.decode(latents))
    assert autoencoder.encode(video[:, :, 0]).shape == (1, 128, 2, 3)
