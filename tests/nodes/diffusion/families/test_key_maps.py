"""The key maps at full size against diffusers' own converters, with tensors that take no memory."""

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_open_clip_checkpoint,
)
from torch import Tensor, nn

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import gather, skeleton
from nodes.diffusion.families.clip_text import bare
from nodes.diffusion.families.ldm_unet import unet_config, unet_keys
from nodes.diffusion.families.ldm_vae import vae_config, vae_keys
from nodes.diffusion.families.weights import renamed
from tests.nodes.diffusion import originals, tiny


def full_unet() -> UNet2DConditionModel:
    return skeleton(lambda: UNet2DConditionModel(cross_attention_dim=768))


def full_autoencoder() -> AutoencoderKL:
    channels = (128, 256, 512, 512)
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    return skeleton(lambda: AutoencoderKL(block_out_channels=channels, layers_per_block=2, **blocks))


def numbered(network: nn.Module, names: dict[str, str], prefix: str = "") -> dict[str, Tensor]:
    """The weights under their original names: each is one number, repeated over its shape without taking memory."""
    return {
        prefix + names[key]: torch.tensor(float(number)).expand(value.shape)
        for number, (key, value) in enumerate(network.state_dict().items())
    }


def numbers(state: dict[str, Tensor]) -> dict[str, tuple[float, tuple[int, ...]]]:
    return {key: (value.flatten()[0].item(), tuple(value.shape)) for key, value in state.items()}


@pytest.mark.parametrize(
    ("build", "names", "prefix", "convert"),
    [
        (full_unet, unet_keys, "model.diffusion_model.", convert_ldm_unet_checkpoint),
        (full_autoencoder, vae_keys, "first_stage_model.", convert_ldm_vae_checkpoint),
    ],
    ids=["unet", "autoencoder"],
)
def test_the_full_size_map_is_that_of_diffusers(build, names, prefix, convert):
    network = build()
    map_ = names(network.state_dict())
    original = numbered(network, map_, prefix)
    theirs = convert(dict(original), dict(network.config))
    shapes = {key.removeprefix(prefix): tuple(value.shape) for key, value in original.items()}
    ours = gather(network, renamed(map_), shapes, lambda key: original[prefix + key])
    assert numbers(ours) == numbers(theirs)


@pytest.mark.parametrize(("build", "names", "count"), [(full_unet, unet_keys, 686), (full_autoencoder, vae_keys, 248)])
def test_no_two_keys_share_a_name(build, names, count):
    map_ = names(build().state_dict())
    assert len(map_) == len(set(map_.values())) == count


def test_names_of_a_full_unet_are_those_of_published_files():
    names = set(unet_keys(full_unet().state_dict()).values())
    assert {
        "input_blocks.0.0.weight",
        "input_blocks.3.0.op.weight",
        "input_blocks.4.0.skip_connection.weight",
        "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight",
        "middle_block.1.proj_in.weight",
        "middle_block.2.out_layers.3.bias",
        "output_blocks.2.1.conv.weight",
        "output_blocks.5.2.conv.weight",
        "output_blocks.11.1.proj_out.bias",
        "time_embed.2.weight",
        "out.2.bias",
    } <= names


def test_names_of_a_full_autoencoder_are_those_of_published_files():
    names = set(vae_keys(full_autoencoder().state_dict()).values())
    assert {
        "encoder.down.0.downsample.conv.weight",
        "encoder.down.1.block.0.nin_shortcut.weight",
        "encoder.mid.attn_1.proj_out.weight",
        "decoder.mid.block_2.conv2.bias",
        "decoder.up.0.block.2.norm1.weight",
        "decoder.up.3.upsample.conv.weight",
        "decoder.norm_out.weight",
        "quant_conv.weight",
    } <= names


@pytest.mark.parametrize("network", [full_unet(), tiny.build().unet], ids=["full", "tiny"])
def test_the_size_of_a_unet_is_read_from_its_shapes(network):
    map_ = unet_keys(network.state_dict())
    found = unet_config({map_[key]: tuple(value.shape) for key, value in network.state_dict().items()})
    assert {key: value for key, value in found.items() if network.config[key] != value} == {}


@pytest.mark.parametrize("network", [full_autoencoder(), tiny.build().vae], ids=["full", "tiny"])
@pytest.mark.parametrize("original", [True, False], ids=["original", "diffusers"])
def test_the_size_of_an_autoencoder_is_read_from_its_shapes(network, original):
    state = network.state_dict()
    map_ = vae_keys(state) if original else {key: key for key in state}
    found = vae_config({map_[key]: tuple(value.shape) for key, value in state.items()})
    assert {key: value for key, value in found.items() if network.config[key] != value} == {}


def test_depth_per_level_and_matrices_are_seen():
    network = skeleton(
        lambda: UNet2DConditionModel(
            block_out_channels=(32, 64),
            down_block_types=("CrossAttnDownBlock2D",) * 2,
            up_block_types=("CrossAttnUpBlock2D",) * 2,
            transformer_layers_per_block=(1, 3),
            cross_attention_dim=16,
            use_linear_projection=True,
        )
    )
    map_ = unet_keys(network.state_dict())
    found = unet_config({map_[key]: tuple(value.shape) for key, value in network.state_dict().items()})
    assert found["transformer_layers_per_block"] == (1, 3)
    assert found["use_linear_projection"] is True


def test_a_unet_without_text_is_refused():
    network = tiny.build().unet
    map_ = unet_keys(network.state_dict())
    shapes = {map_[key]: tuple(value.shape) for key, value in network.state_dict().items()}
    with pytest.raises(UnsupportedModel, match="no attention to a text"):
        unet_config({key: shape for key, shape in shapes.items() if ".attn2." not in key})


@pytest.mark.parametrize(
    "unet", [originals.SD2_UNET, originals.SDXL_UNET, originals.REFINER_UNET], ids=["2", "XL", "R"]
)
def test_the_maps_of_other_unets_are_those_of_diffusers(unet):
    network = skeleton(lambda: UNet2DConditionModel(**unet))
    map_ = unet_keys(network.state_dict())
    original = numbered(network, map_, "model.diffusion_model.")
    theirs = convert_ldm_unet_checkpoint(dict(original), dict(network.config))
    shapes = {key.removeprefix("model.diffusion_model."): tuple(value.shape) for key, value in original.items()}
    ours = gather(network, renamed(map_), shapes, lambda key: original[f"model.diffusion_model.{key}"])
    assert numbers(ours) == numbers(theirs)


def test_the_map_of_openclip_is_that_of_diffusers():
    network = originals.clip(48, openclip=True, projects=True)
    original = {f"x.{key}": tensor for key, tensor in originals.clip_tensors(network, is_open=True).items()}
    theirs = convert_open_clip_checkpoint(network, dict(original), prefix="x.")
    ours = {bare(key): tensor for key, tensor in network.state_dict().items()}
    assert ours.keys() == {bare(key) for key in theirs}
    assert all(torch.equal(ours[bare(key)], tensor) for key, tensor in theirs.items())
    assert {"transformer.resblocks.0.attn.in_proj_weight", "text_projection", "ln_final.bias"} <= {
        key.removeprefix("x.") for key in original
    }
