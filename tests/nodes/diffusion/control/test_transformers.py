"""ControlNets of Flux and Stable Diffusion 3, from files in their published layouts to pictures."""

import pytest
import torch
from diffusers import FluxControlNetModel, SD3ControlNetModel
from safetensors.torch import load_file, save_file

from nodes.conditioning.control import (
    apply_controlnet,
    apply_controlnet_advanced,
    apply_controlnet_inpainting,
    apply_controlnet_sd3,
    load_controlnet,
    set_union_type,
)
from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.control.libraries import new_flux_controlnet, new_sd3_controlnet
from nodes.diffusion.control.transformer_layout import flux_control_config, key_map, kind_of, sd3_control_config
from nodes.diffusion.errors import DiffusionError, ModelError, UnsupportedModel
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.tokens import packed, positions
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.types import Guider, Start
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.control import transformer_controls as tiny_controls
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(9))
FAMILIES = {"flux": "flux", "flux_union": "flux", "flux_xlabs": "flux", "sd3": "sd3", "sd35": "sd3"}
INPAINTING = {"flux_inpaint": "flux", "sd3_inpaint": "sd3"}
MASK = torch.zeros(1, 64, 64)
MASK[:, 16:48, 24:56] = 1


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("transformers"))
    for name, original in (("flux", originals.flux()), ("sd3", originals.sd3())):
        original.write(house.folder / "checkpoints" / f"{name}.safetensors")
    originals.write_t5_vocabulary(house.folder / "tokenizers" / "t5")
    for kind in (*FAMILIES, *INPAINTING):
        network = tiny_controls.build(kind)
        tiny_controls.write(house.folder / "controlnet" / f"{kind}.safetensors", kind, network)
        if kind in tiny_controls.MARKS:
            path = house.folder / "controlnet" / f"{kind}_original.safetensors"
            tiny_controls.write(path, kind, network, original=True)
    return house


def texts(house: House, parts):
    return house.text(parts.CLIP, "a cat"), house.text(parts.CLIP, "")


def checkpoint(house: House, name: str):
    return load_checkpoint(f"{name}.safetensors", **house.files)


def steered(house: House, name: str, image=IMAGE, **moments):
    parts = checkpoint(house, FAMILIES[name.removesuffix("_original")])
    net = load_controlnet(f"{name}.safetensors", folders=house.folders)
    both = apply_controlnet_advanced(*texts(house, parts), net, image, vae=parts.VAE, **moments)
    return house.sample(parts.MODEL, *both)["samples"]


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_picture_steers_and_strength_nought_does_not(house: House, kind: str) -> None:
    parts = checkpoint(house, FAMILIES[kind])
    plain = house.sample(parts.MODEL, *texts(house, parts))["samples"]
    found = steered(house, kind)
    assert (found - plain).abs().max() > 1e-3
    assert not torch.equal(found, steered(house, kind, 1 - IMAGE))
    assert torch.equal(steered(house, kind, strength=0.0), plain)
    assert not torch.equal(steered(house, kind, end_percent=0.4), found)
    assert is_picture(house.decode({"samples": found}, parts.VAE))


@pytest.mark.parametrize("kind", tiny_controls.MARKS)
def test_original_layouts_steer_as_those_of_diffusers(house: House, kind: str) -> None:
    assert torch.equal(steered(house, kind), steered(house, f"{kind}_original"))


@pytest.mark.parametrize("kind", [*FAMILIES, *INPAINTING])
@torch.no_grad()
def test_one_call_is_that_of_diffusers(house: House, kind: str) -> None:
    family = {**FAMILIES, **INPAINTING}[kind]
    parts = checkpoint(house, family)
    net = load_controlnet(f"{kind}.safetensors", folders=house.folders)
    net = set_union_type(net, "tile") if kind == "flux_union" else net
    if kind in INPAINTING:
        both = apply_controlnet_inpainting(*texts(house, parts), net, parts.VAE, IMAGE, MASK, 0.7)
    else:
        both = apply_controlnet_advanced(*texts(house, parts), net, IMAGE, 0.7, vae=parts.VAE)
    positive, negative = both
    guider = Guider(parts.MODEL, "cfg", {"positive": positive, "negative": negative}, {"cfg": 4.0})
    x, context = torch.randn(2, 16, 8, 8), positive[0][0].expand(2, -1, -1)
    with equipped(house.models, guider) as network:
        told = dict(network.inputs(positive[0][1], "positive", Start(torch.zeros(1, 16, 8, 8))))
        told = {name: value.expand(2, *value.shape[1:]) for name, value in told.items()}
        timestep = torch.tensor([0.5, 0.5]) if family == "flux" else torch.tensor([500.0, 500.0])
        found = network.predict(x, timestep, context, {**told, "sigma": 0.5})
        base, latent_format = network._network.network, network.latent_format
    kept = 1 - MASK[..., None] if kind in INPAINTING else 1.0
    with house.models.use_vae(parts.VAE) as vae:
        latent = latent_format.to_network(vae.encode((IMAGE * kept).movedim(-1, 1) * 2 - 1))
    if kind in INPAINTING:
        latent = torch.cat([latent, 1 - MASK[:, None, ::8, ::8]], dim=1)
    latent = latent.expand(2, -1, -1, -1)
    theirs = tiny_controls.build(kind)
    if family == "flux":
        wanted = _flux(theirs, base, kind, x, latent, timestep, context, told)
    else:
        wanted = _sd3(theirs, base, x, latent, timestep, context, told)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def _flux(control: FluxControlNetModel, base, kind, x, latent, timestep, context, told):
    places, empty = positions(4, 4, x.device), torch.zeros(context.shape[1], 3)
    shared = {"timestep": timestep, "img_ids": places, "txt_ids": empty, "pooled_projections": told["pooled"]}
    hint = IMAGE.movedim(-1, 1).expand(2, -1, -1, -1) * 2 - 1 if kind == "flux_xlabs" else packed(latent, 2)
    blocks, singles = control(
        hidden_states=packed(x, 2),
        controlnet_cond=hint,
        controlnet_mode=torch.ones(2, 1, dtype=torch.long) if kind == "flux_union" else None,
        conditioning_scale=0.7,
        encoder_hidden_states=context,
        guidance=told["guidance"] if control.config.guidance_embeds else None,
        return_dict=False,
        **shared,
    )
    output = base(
        packed(x, 2),
        context,
        guidance=told["guidance"],
        controlnet_block_samples=blocks,
        controlnet_single_block_samples=singles,
        controlnet_blocks_repeat=kind == "flux_xlabs",
        return_dict=False,
        **shared,
    )[0]
    return output.view(2, 4, 4, 16, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(2, 16, 8, 8)


def _sd3(control: SD3ControlNetModel, base, x, latent, timestep, context, told):
    alone = control.pos_embed is None
    (blocks,) = control(
        hidden_states=base.pos_embed(x) if alone else x,
        controlnet_cond=latent,
        conditioning_scale=0.7,
        encoder_hidden_states=None if alone else context,
        pooled_projections=told["pooled"],
        timestep=timestep,
        return_dict=False,
    )
    return base(x, context, told["pooled"], timestep, block_controlnet_hidden_states=blocks, return_dict=False)[0]


def test_several_of_different_depth_add_up(house: House) -> None:
    parts = checkpoint(house, "flux")
    one, other = (load_controlnet(f"{name}.safetensors", folders=house.folders) for name in ("flux", "flux_xlabs"))
    both = apply_controlnet_advanced(*texts(house, parts), one, IMAGE, vae=parts.VAE)
    both = apply_controlnet_sd3(*both, other, parts.VAE, 1 - IMAGE, 0.5)
    found = house.sample(parts.MODEL, *both)["samples"]
    assert found.isfinite().all()
    assert not torch.equal(found, steered(house, "flux"))


def test_tasks_have_the_numbers_of_their_networks(house: House) -> None:
    union = load_controlnet("flux_union.safetensors", folders=house.folders)
    names = {"openpose": 4, "depth": 2, "canny/lineart/anime_lineart/mlsd": 0, "tile": 1, "auto": None}
    assert {name: set_union_type(union, name).task for name in names} == names
    with pytest.raises(DiffusionError, match="do not know normal"):
        set_union_type(union, "normal")


def test_what_looks_at_latents_wants_an_autoencoder(house: House) -> None:
    parts = checkpoint(house, "flux")
    net, pixels = (load_controlnet(f"{name}.safetensors", folders=house.folders) for name in ("flux", "flux_xlabs"))
    with pytest.raises(DiffusionError, match="looks at the latents of pictures"):
        apply_controlnet_advanced(*texts(house, parts), net, IMAGE)
    with pytest.raises(DiffusionError, match="looks at the latents of pictures"):
        apply_controlnet(texts(house, parts)[0], net, IMAGE)
    assert apply_controlnet_advanced(*texts(house, parts), pixels, IMAGE)


def test_a_network_of_another_family_or_size_is_refused_by_name(house: House) -> None:
    parts = checkpoint(house, "flux")
    net = load_controlnet("sd3.safetensors", folders=house.folders)
    both = apply_controlnet_advanced(*texts(house, parts), net, IMAGE, vae=parts.VAE)
    with pytest.raises(ModelError, match=r"sd3\.safetensors steers models of the family sd3; flux\.safetensors"):
        house.sample(parts.MODEL, *both)
    wide = FluxControlNetModel(**{**tiny_controls.FLUX, "num_attention_heads": 1})
    tiny_controls.write(house.folder / "controlnet" / "wide.safetensors", "flux", wide)
    net = load_controlnet("wide.safetensors", folders=house.folders)
    both = apply_controlnet_advanced(*texts(house, parts), net, IMAGE, vae=parts.VAE)
    with pytest.raises(ModelError, match=r"wide\.safetensors does not fit flux\.safetensors: its layers are 32"):
        house.sample(parts.MODEL, *both)


def test_one_that_looks_at_a_mask_wants_one(house: House) -> None:
    parts = checkpoint(house, "flux")
    net = load_controlnet("flux_inpaint.safetensors", folders=house.folders)
    with pytest.raises(DiffusionError, match="use ControlNetInpaintingAliMamaApply"):
        apply_controlnet_advanced(*texts(house, parts), net, IMAGE, vae=parts.VAE)
    both = apply_controlnet_inpainting(*texts(house, parts), net, parts.VAE, IMAGE, MASK)
    assert not torch.equal(
        house.sample(parts.MODEL, *both)["samples"],
        house.sample(parts.MODEL, *apply_controlnet_inpainting(*texts(house, parts), net, parts.VAE, IMAGE, 1 - MASK))[
            "samples"
        ],
    )


def test_one_that_looks_at_no_mask_sees_the_whole_picture(house: House) -> None:
    parts = checkpoint(house, "flux")
    net = load_controlnet("flux.safetensors", folders=house.folders)
    both = apply_controlnet_inpainting(*texts(house, parts), net, parts.VAE, IMAGE, MASK)
    assert torch.equal(house.sample(parts.MODEL, *both)["samples"], steered(house, "flux"))
    positive, negative = texts(house, parts)
    assert apply_controlnet_inpainting(positive, negative, net, parts.VAE, IMAGE, MASK, 0.0) == (positive, negative)


def test_one_that_looks_at_something_else_is_refused(house: House) -> None:
    tensors = load_file(house.folder / "controlnet" / "flux.safetensors")
    tensors["controlnet_x_embedder.weight"] = torch.zeros(64, 80)
    save_file(tensors, house.folder / "controlnet" / "odd.safetensors")
    parts = checkpoint(house, "flux")
    net = load_controlnet("odd.safetensors", folders=house.folders)
    with pytest.raises(UnsupportedModel, match="looks at 16 channels beside the latent"):
        apply_controlnet_advanced(*texts(house, parts), net, IMAGE, vae=parts.VAE)


PUBLISHED = {
    "Flux Union Pro": (
        FluxControlNetModel,
        {"num_layers": 5, "num_single_layers": 10, "num_mode": 10, "guidance_embeds": True},
    ),
    "Flux, XLabs": (
        FluxControlNetModel,
        {
            "num_layers": 2,
            "num_single_layers": 0,
            "guidance_embeds": True,
            "patch_size": 2,
            "conditioning_embedding_channels": 16,
        },
    ),
    "SD 3 medium, InstantX": (
        SD3ControlNetModel,
        {"num_layers": 6, "num_attention_heads": 24, "caption_projection_dim": 1536, "pos_embed_max_size": 192},
    ),
    "SD 3.5 large, Stability AI": (
        SD3ControlNetModel,
        {
            "num_layers": 19,
            "num_attention_heads": 38,
            "joint_attention_dim": None,
            "use_pos_embed": False,
            "pos_embed_type": None,
            "pos_embed_max_size": None,
        },
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_configuration_of_published_sizes_is_read_from_shapes(name: str) -> None:
    new, config = PUBLISHED[name]
    network = skeleton(lambda: new(**config))
    own = state_shapes(network)
    mark = {"Flux, XLabs": tiny_controls.MARKS["flux_xlabs"], "SD 3.5 large, Stability AI": tiny_controls.MARKS["sd35"]}
    shapes = file_shapes(key_map({mark[name]: ()} if name in mark else {}, own), own)
    kind = kind_of(shapes)
    assert kind == ("flux" if new is FluxControlNetModel else "sd3")
    found = (flux_control_config if kind == "flux" else sd3_control_config)(shapes)
    again = skeleton(lambda: (new_flux_controlnet if kind == "flux" else new_sd3_controlnet)(found))
    assert state_shapes(again) == own
    said = {**config, "caption_projection_dim": found.get("caption_projection_dim")} if kind == "sd3" else config
    assert {key: list(v) if isinstance(v := found[key], tuple) else v for key in said} == said
