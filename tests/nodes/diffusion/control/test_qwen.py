"""ControlNets of Qwen-Image, from files to pictures."""

import pytest
import torch
from diffusers import QwenImageControlNetModel

from nodes.conditioning.control import apply_controlnet_advanced, apply_controlnet_inpainting, load_controlnet
from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.control.transformer_layout import kind_of, qwen_control_config
from nodes.diffusion.errors import DiffusionError, ModelError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.tokens import packed, unpacked
from nodes.diffusion.types import Guider, Start
from nodes.latents.latent_families import empty_sd3_latent
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from tests.nodes.diffusion import newer_originals
from tests.nodes.diffusion.control import transformer_controls as tiny_controls
from tests.nodes.house import House, is_picture

NAME = "x.safetensors"
IMAGE = torch.rand(2, 64, 64, 3, generator=torch.Generator().manual_seed(9))
MASK = torch.zeros(1, 64, 64)
MASK[:, 16:48, 24:56] = 1


class Furnished:
    """A house with a tiny Qwen-Image and two ControlNets of it."""

    def __init__(self, folder) -> None:
        self.house = house = House(folder)
        newer_originals.qwen_image().write(house.folder)
        newer_originals.write_language_vocabulary(house.folder / "tokenizers" / "qwen2.5")
        for kind in ("qwen", "qwen_inpaint", "sd3"):
            network = tiny_controls.build(kind)
            tiny_controls.write(house.folder / "controlnet" / f"{kind}.safetensors", kind, network)
        self.model = load_diffusion_model(NAME, "default", **house.files)
        self.vae = load_vae(NAME, **house.files)
        clip = load_clip(NAME, "qwen_image", **house.files)
        self.texts = house.text(clip, "a cat"), house.text(clip, "")

    def net(self, kind: str):
        return load_controlnet(f"{kind}.safetensors", folders=self.house.folders)

    def drawn(self, both, batch: int = 1):
        return self.house.sample(self.model, *both, empty_sd3_latent(64, 64, batch))["samples"]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory) -> Furnished:
    return Furnished(tmp_path_factory.mktemp("qwen"))


def test_a_picture_steers(furnished: Furnished) -> None:
    net = furnished.net("qwen")
    plain = furnished.drawn(furnished.texts)
    found = furnished.drawn(apply_controlnet_advanced(*furnished.texts, net, IMAGE[:1], vae=furnished.vae))
    assert (found - plain).abs().max() > 1e-3
    assert is_picture(furnished.house.decode({"samples": found}, furnished.vae))


def test_each_latent_of_a_batch_is_steered_by_a_picture_of_its_own(furnished: Furnished) -> None:
    net = furnished.net("qwen")
    both = apply_controlnet_advanced(*furnished.texts, net, IMAGE, vae=furnished.vae)
    same = apply_controlnet_advanced(*furnished.texts, net, IMAGE[:1], vae=furnished.vae)
    found, other = furnished.drawn(both, 2), furnished.drawn(same, 2)
    torch.testing.assert_close(found[0], other[0], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(found[1], other[1], atol=1e-3)


def test_one_for_inpainting_is_told_where(furnished: Furnished) -> None:
    net = furnished.net("qwen_inpaint")
    with pytest.raises(DiffusionError, match="use ControlNetInpaintingAliMamaApply"):
        apply_controlnet_advanced(*furnished.texts, net, IMAGE[:1], vae=furnished.vae)
    found = [
        furnished.drawn(apply_controlnet_inpainting(*furnished.texts, net, furnished.vae, IMAGE[:1], mask))
        for mask in (MASK, 1 - MASK)
    ]
    assert not torch.equal(*found)


@pytest.mark.parametrize("kind", ["qwen", "qwen_inpaint"])
@torch.no_grad()
def test_one_call_is_that_of_diffusers(furnished: Furnished, kind: str) -> None:
    net, image = furnished.net(kind), IMAGE[:1]
    if kind == "qwen":
        positive, negative = apply_controlnet_advanced(*furnished.texts, net, image, 0.7, vae=furnished.vae)
    else:
        positive, negative = apply_controlnet_inpainting(*furnished.texts, net, furnished.vae, image, MASK, 0.7)
    guider = Guider(furnished.model, "cfg", {"positive": positive, "negative": negative}, {"cfg": 4.0})
    x, context, timestep = torch.randn(1, 16, 8, 8), positive[0][0], torch.tensor([0.5])
    with equipped(furnished.house.models, guider) as network:
        told = dict(network.inputs(positive[0][1], "positive", Start(torch.zeros(1, 16, 8, 8))))
        found = network.predict(x, timestep, context, {**told, "sigma": 0.5})
        base, latent_format = network._network.network, network.latent_format
    kept = 1.0 if kind == "qwen" else 1 - MASK[..., None]
    with furnished.house.models.use_vae(furnished.vae) as vae:
        latent = latent_format.to_network(vae.encode((image * kept).movedim(-1, 1) * 2 - 1))
    if kind == "qwen_inpaint":
        latent = torch.cat([latent, 1 - MASK[:, None, ::8, ::8]], dim=1)
    shared = {"encoder_hidden_states": context, "timestep": timestep, "img_shapes": [[(1, 4, 4)]]}
    theirs = tiny_controls.build(kind)
    blocks = theirs(packed(x, 2), packed(latent, 2), conditioning_scale=0.7, return_dict=False, **shared)
    wanted = base(packed(x, 2), controlnet_block_samples=blocks, return_dict=False, **shared)[0]
    torch.testing.assert_close(found, unpacked(wanted, 4, 4, 2), atol=1e-4, rtol=1e-4)


def test_one_of_another_family_is_refused_by_name(furnished: Furnished) -> None:
    both = apply_controlnet_advanced(*furnished.texts, furnished.net("sd3"), IMAGE[:1], vae=furnished.vae)
    with pytest.raises(ModelError, match=r"sd3\.safetensors steers models of the family sd3; x\.safetensors"):
        furnished.drawn(both)


@pytest.mark.parametrize("beside", [0, 4])
def test_the_configuration_of_published_sizes_is_read_from_shapes(beside: int) -> None:
    wanted = {"num_layers": 5, "extra_condition_channels": beside}
    network = skeleton(lambda: QwenImageControlNetModel(**wanted))
    shapes = state_shapes(network)
    assert kind_of(shapes) == "qwen_image"
    found = qwen_control_config(shapes)
    assert {key: found[key] for key in wanted} == wanted
    assert state_shapes(skeleton(lambda: QwenImageControlNetModel(**found))) == shapes
