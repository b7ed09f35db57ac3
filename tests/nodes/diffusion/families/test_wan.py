"""The kinds of Wan: told apart by their shapes, loaded bit for bit, mapped as diffusers maps them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel, WanVACETransformer3DModel
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.wan_autoencoder import SMALL_VIDEOS, VIDEOS
from nodes.diffusion.families.wan_layout import LAYOUT
from nodes.diffusion.families.wan_network import Beside, new_wan_network, run
from nodes.diffusion.families.wan_vae_layout import wan_vae_config, wan_vae_map
from nodes.diffusion.families.weights import file_shapes, file_tensors
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import wan_originals
from tests.nodes.diffusion.families.test_flow_families import rows_of, same, striped
from tests.nodes.diffusion.originals import write_hollow

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
LARGE_VAE: dict[str, Any] = {
    "base_dim": 160,
    "z_dim": 48,
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "decoder_base_dim": 256,
    "scale_factor_spatial": 16,
    "patch_size": 2,
}
"""As published for Wan 2.2 with 5 billion weights."""
SIGHT = {"in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120, "pos_embed_seq_len": 514}
FIVE_BILLION = {"num_attention_heads": 24, "ffn_dim": 14336, "in_channels": 48, "out_channels": 48}
FULL: dict[str, tuple[Any, dict[str, Any]]] = {
    "first and last": (WanTransformer3DModel, {**SIGHT, "num_layers": 2}),
    "5 billion": (WanTransformer3DModel, {**FIVE_BILLION, "num_layers": 3}),
    "vace 14 billion": (WanVACETransformer3DModel, {"num_layers": 4, "vace_layers": [0, 2]}),
    "vace 1.3 billion": (
        WanVACETransformer3DModel,
        {"num_attention_heads": 12, "ffn_dim": 8960, "num_layers": 30, "vace_layers": list(range(0, 30, 2))},
    ),
}
"""In the published width; with fewer blocks where files would be large."""
PLACES = "img_emb.emb_pos"
"""What diffusers' converter for single files leaves as it is."""


def loaded(path: Path, placement: Placement = CPU) -> Any:
    found = recognise(SingleFile(path), "model")
    assert found.family.name == "wan"
    return found.family.load_model(found.contents, placement)


@pytest.mark.parametrize("kind", wan_originals.KINDS)
@pytest.mark.parametrize("layout", ["original", "diffusers"])
def test_a_tiny_file_loads_bit_for_bit(tmp_path: Path, kind: str, layout: str) -> None:
    original = wan_originals.wan(kind)
    tensors = original.transformer() if layout == "original" else original.network.state_dict()
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, tmp_path / "x.safetensors")
    model = loaded(tmp_path / "x.safetensors")
    assert same(model.network, original.network)
    assert model.latent_format is (SMALL_VIDEOS if "5 billion" in kind else VIDEOS)
    assert model.sees_given_clean == ("5 billion" in kind)


@pytest.mark.parametrize("kind", FULL)
def test_files_of_published_width_are_mapped_as_diffusers_maps_them(tmp_path: Path, kind: str) -> None:
    build, config = FULL[kind]
    network = skeleton(lambda: build(**config))
    own = state_shapes(network)
    ours = LAYOUT.key_map(own)
    shapes = file_shapes(ours, own)
    original = striped({key: (shape[0], *[1] * (len(shape) - 1)) for key, shape in shapes.items()})
    theirs = convert_wan_transformer_to_diffusers(dict(original))
    if PLACES in theirs:
        theirs["condition_embedder.image_embedder.pos_embed"] = theirs.pop(PLACES)
    assert theirs.keys() == ours.keys() == own.keys()
    assert all(torch.equal(rows_of(original[piece.key]), rows_of(theirs[key])) for key, piece in ours.items())
    again = loaded(write_hollow(tmp_path / "x.safetensors", shapes), NOWHERE).network
    told = {key: value for key, value in network.config.items() if key[0] != "_"}
    assert {key: again.config[key] for key in told} == told
    assert state_shapes(again) == own


@torch.no_grad()
@pytest.mark.parametrize("by_token", [False, True], ids=["one time", "a time for each token"])
def test_the_pass_of_our_own_is_that_of_diffusers(by_token: bool) -> None:
    """With nothing to add by the camera, it goes through everything that diffusers goes through."""
    network: Any = wan_originals.wan("camera").network
    for parameter in network.control_adapter.parameters():
        parameter.zero_()
    x, text = torch.randn(2, 36, 3, 4, 6), torch.randn(2, 7, 32)
    time = torch.rand(2, 18) * 1000 if by_token else torch.tensor([300.0, 700.0])
    wanted = network(x, time, text, return_dict=False)[0]
    found = run(network, x, time, text, Beside(camera=torch.randn(2, 24, 3, 32, 48)))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_large_autoencoder_is_mapped_as_its_file_is_known_to_be() -> None:
    network = skeleton(lambda: AutoencoderKLWan(**LARGE_VAE))
    own = state_shapes(network)
    names = wan_vae_map(own)
    files = {piece.key for piece in names.values()}
    assert len(files) == len(own)
    assert {
        "encoder.conv1.weight",
        "encoder.downsamples.0.downsamples.0.residual.0.gamma",
        "encoder.downsamples.0.downsamples.2.resample.1.weight",
        "encoder.downsamples.1.downsamples.0.shortcut.weight",
        "encoder.downsamples.1.downsamples.2.time_conv.weight",
        "encoder.downsamples.3.downsamples.1.residual.6.bias",
        "encoder.middle.1.to_qkv.weight",
        "encoder.head.2.weight",
        "conv1.weight",
        "conv2.bias",
        "decoder.upsamples.0.upsamples.0.residual.2.weight",
        "decoder.upsamples.0.upsamples.3.time_conv.weight",
        "decoder.upsamples.2.upsamples.3.resample.1.bias",
        "decoder.upsamples.3.upsamples.2.residual.3.gamma",
        "decoder.head.0.gamma",
    } <= files
    assert not any(
        name.startswith(("encoder.downsamples.3.downsamples.2", "decoder.upsamples.3.upsamples.3")) for name in files
    )
    told = wan_vae_config(file_shapes(names, own), True)
    assert told == wan_vae_config(own, False) == LARGE_VAE


@pytest.mark.parametrize("layout", ["original", "diffusers"])
def test_the_large_autoencoder_loads_bit_for_bit_and_keeps_sizes(tmp_path: Path, layout: str) -> None:
    tensors = wan_originals.small_vae()
    network = AutoencoderKLWan(**wan_vae_config({key: tuple(value.shape) for key, value in tensors.items()}, True))
    names = wan_vae_map(state_shapes(network))
    own = {key: tensors[piece.key] for key, piece in names.items()}
    save_file({k: v.clone() for k, v in (tensors if layout == "original" else own).items()}, tmp_path / "v.safetensors")
    found = recognise(SingleFile(tmp_path / "v.safetensors"), "vae")
    assert found.family.name == "wan_vae"
    autoencoder: Any = found.family.load_vae(found.contents, CPU)
    mine: dict[str, Tensor] = autoencoder.network.state_dict()
    assert all(torch.equal(mine[key], own[key]) for key in own)
    assert (autoencoder.latent_channels, autoencoder.downscale) == (48, 16)
    latents = autoencoder.encode(torch.rand(1, 3, 9, 64, 32) * 2 - 1)
    assert latents.shape == (1, 48, 3, 4, 2)
    assert autoencoder.decode(latents).shape == (1, 3, 9, 64, 32)
    assert autoencoder.encode(torch.zeros(1, 3, 64, 32)).shape == (1, 48, 4, 2)


def test_what_it_is_told_decides_what_is_built() -> None:
    network: Any = skeleton(
        lambda: new_wan_network({**wan_originals.SIZES, **wan_originals.KINDS["5 billion control"]})
    )
    assert network.ref_conv.weight.shape == (128, 48, 2, 2)
    names = file_tensors(LAYOUT.key_map(state_shapes(network)), network.state_dict())
    assert {"ref_conv.weight", "ref_conv.bias"} <= names.keys()
