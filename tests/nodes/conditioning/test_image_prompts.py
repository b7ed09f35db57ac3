"""IP-Adapters through the nodes: from a picture to a picture."""

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import nn

from nodes.conditioning.clip_vision import load_clip_vision
from nodes.conditioning.image_prompts import apply_adapter, apply_plain, find_adapter, load_adapter
from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.errors import DiffusionError, ModelError
from nodes.diffusion.types import Guider
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import originals, tiny
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 40, 32, 3, generator=torch.Generator().manual_seed(2))
KINDS = ("base", "plus", "full")


class Words(nn.Module):
    """Stands where diffusers makes words, when they are there already."""

    def forward(self, embeds):
        return [each.squeeze(1) for each in embeds]


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("ip"))
    small, large = tiny.build(seed=1), originals.sdxl(seed=1)
    tiny.write_file(house.folder / "checkpoints" / "sd1.safetensors", small)
    large.write(house.folder / "checkpoints" / "sdxl.safetensors")
    adapters.write(house.folder / "clip_vision" / "c.safetensors", adapters.vision().state_dict())
    for name, unet in (("sd1", small.unet), ("sdxl", large.unet)):
        for kind in KINDS:
            adapters.write(house.folder / "ipadapter" / f"{name}_{kind}.safetensors", adapters.adapter(unet, kind))
    return house


def checkpoint(house: House, name: str):
    return load_checkpoint(f"{name}.safetensors", **house.files)


def listening(house: House, model, name: str, image=IMAGE, **inputs):
    adapter = load_adapter(f"{name}.safetensors", folders=house.folders)
    vision = load_clip_vision("c.safetensors", folders=house.folders)
    wanted = {
        "weight": 1.0,
        "weight_type": "linear",
        "combine_embeds": "concat",
        "start_at": 0.0,
        "end_at": 1.0,
        "embeds_scaling": "V only",
        "clip_vision": vision,
        **inputs,
    }
    return apply_adapter(model, adapter, image, models=house.models, **wanted)


def sampled(house: House, parts, model, **inputs):
    texts = house.text(parts.CLIP, "a cat"), house.text(parts.CLIP, "")
    return house.sample(model, *texts, **inputs)["samples"]


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_changes_what_is_drawn_and_leaves_no_trace(house: House, family: str, kind: str) -> None:
    parts = checkpoint(house, family)
    plain = sampled(house, parts, parts.MODEL)
    model = listening(house, parts.MODEL, f"{family}_{kind}")
    found = sampled(house, parts, model)
    assert (found - plain).abs().max() > 1e-3
    assert torch.equal(sampled(house, parts, model), found)
    assert torch.equal(sampled(house, parts, parts.MODEL), plain)
    assert torch.equal(sampled(house, parts, listening(house, parts.MODEL, f"{family}_{kind}", weight=0.0)), plain)
    assert is_picture(house.decode({"samples": found}, parts.VAE))


@pytest.mark.parametrize("kind", ["base", "plus"])
@torch.no_grad()
def test_one_call_of_the_network_is_that_of_diffusers(house: House, kind: str) -> None:
    parts = checkpoint(house, "sd1")
    model = listening(house, parts.MODEL, f"sd1_{kind}", weight=0.7)
    prompt = model.options["effects"][0][1]["prompt"]
    x, text, steps = torch.randn(2, 4, 8, 8), torch.randn(2, 77, tiny.WIDTH), torch.tensor([500.0, 500.0])
    words = torch.cat([prompt.words, prompt.away])
    with equipped(house.models, Guider(model, "cfg", {}, {"cfg": 1.0})) as network:
        (effect,) = network.effects
        found = network.predict(x, steps, text, {"sigma": 1.0, effect._name: words})
    unet: UNet2DConditionModel = tiny.build(seed=1).unet
    tensors = adapters.adapter(unet, kind)
    split = {
        part: {k.removeprefix(f"{part}."): v for k, v in tensors.items() if k.startswith(part)}
        for part in ("image_proj", "ip_adapter")
    }
    unet._load_ip_adapter_weights([split], low_cpu_mem_usage=False)
    for processor in unet.attn_processors.values():
        if hasattr(processor, "scale"):
            processor.scale = [0.7]
    unet.encoder_hid_proj = Words()
    wanted = unet(x, steps, text, added_cond_kwargs={"image_embeds": [words[:, None]]}).sample
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_only_the_side_that_is_followed_sees_the_picture(house: House) -> None:
    parts = checkpoint(house, "sd1")
    prompt = listening(house, parts.MODEL, "sd1_base").options["effects"][0][1]["prompt"]
    assert not torch.equal(prompt.words, prompt.away)
    adapter = load_adapter("sd1_base.safetensors", folders=house.folders)
    again = listening(house, parts.MODEL, "sd1_base", image_negative=IMAGE).options["effects"][0][1]["prompt"]
    assert torch.equal(again.words, again.away)
    assert adapter.digest


def test_several_pictures_follow_one_another_or_become_one(house: House) -> None:
    parts = checkpoint(house, "sd1")
    two = torch.cat([IMAGE, 1 - IMAGE])

    def words(combine: str, image=two):
        model = listening(house, parts.MODEL, "sd1_base", image=image, combine_embeds=combine)
        return model.options["effects"][0][1]["prompt"].words

    assert words("concat").shape[1] == 2 * words("average").shape[1] == 8
    torch.testing.assert_close(words("average", torch.cat([IMAGE, IMAGE])), words("concat", IMAGE))
    assert {words(each).shape for each in ("add", "subtract", "average", "norm average")} == {(1, 4, tiny.WIDTH)}


def test_it_listens_for_a_while_and_where_the_mask_is_white(house: House) -> None:
    parts = checkpoint(house, "sd1")
    plain = sampled(house, parts, parts.MODEL)

    def found(**inputs):
        return sampled(house, parts, listening(house, parts.MODEL, "sd1_base", **inputs))

    assert torch.equal(found(attn_mask=torch.zeros(1, 16, 16)), plain)
    torch.testing.assert_close(found(attn_mask=torch.ones(1, 16, 16)), found())
    half = torch.zeros(1, 64, 64)
    half[..., 32:] = 1
    assert not torch.equal(found(attn_mask=half), found())
    assert torch.equal(found(start_at=1.0), plain)  # the last step ends before it
    assert not torch.equal(found(end_at=0.3), found())


def test_ways_to_scale_differ(house: House) -> None:
    parts = checkpoint(house, "sd1")
    ways = ("V only", "K+V", "K+V w/ C penalty", "K+mean(V) w/ C penalty")
    found = [
        sampled(house, parts, listening(house, parts.MODEL, "sd1_base", embeds_scaling=each, weight=0.5))
        for each in ways
    ]
    assert len({float(each.sum()) for each in found}) == len(ways)


def test_two_adapters_are_both_heard(house: House) -> None:
    parts = checkpoint(house, "sd1")
    one = listening(house, parts.MODEL, "sd1_base")
    both = listening(house, one, "sd1_plus", image=1 - IMAGE)
    assert not torch.equal(sampled(house, parts, one), sampled(house, parts, both))


def test_what_does_not_belong_together_is_refused(house: House) -> None:
    sd1, sdxl = checkpoint(house, "sd1"), checkpoint(house, "sdxl")
    with pytest.raises(ModelError, match=r"sdxl_base.safetensors does not fit sd1.safetensors"):
        listening(house, sd1.MODEL, "sdxl_base")
    with pytest.raises(DiffusionError, match="connect CLIPVisionLoader"):
        listening(house, sd1.MODEL, "sd1_base", clip_vision=None)
    with pytest.raises(DiffusionError, match=r"Stable Diffusion 1.5 and XL only"):
        listening(house, sdxl.MODEL, "sdxl_base", weight_type="style transfer")
    other = adapters.adapter(tiny.build(seed=1).unet)
    other["image_proj.proj.weight"] = torch.zeros(len(other["image_proj.proj.weight"]), 40)
    adapters.write(house.folder / "ipadapter" / "wide.safetensors", other)
    with pytest.raises(DiffusionError, match=r"reads pictures in 40 numbers, but c.safetensors gives 24"):
        listening(house, sd1.MODEL, "wide")


def test_a_pickle_is_refused_with_the_remedy(house: House, tmp_path: Path) -> None:
    (house.folder / "ipadapter" / "old.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match="convert-model"):
        load_adapter("old.bin", folders=house.folders)


PRESETS = {
    "STANDARD (medium strength)": "base",
    "PLUS (high strength)": "plus",
    "FULL FACE - SD1.5 only (portraits stronger)": "full",
}


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_file_that_fits_is_found_by_what_is_in_it(house: House, family: str, preset: str) -> None:
    parts = checkpoint(house, family)
    found = find_adapter(parts.MODEL, preset, **house.files)
    assert found.model is parts.MODEL
    assert found.ipadapter.path.name == f"{family}_{PRESETS[preset]}.safetensors"
    plain = apply_plain(parts.MODEL, found.ipadapter, IMAGE, 1.0, 0.0, 1.0, "standard", models=house.models)
    wanted = listening(house, parts.MODEL, f"{family}_{PRESETS[preset]}")
    assert torch.equal(sampled(house, parts, plain), sampled(house, parts, wanted))


def test_words_in_names_decide_only_between_files_that_are_built_alike(house: House) -> None:
    parts = checkpoint(house, "sd1")
    with pytest.raises(ModelError, match="None of the files in the folder ipadapter is a PLUS FACE"):
        find_adapter(parts.MODEL, "PLUS FACE (portraits)", **house.files)
    face = adapters.adapter(tiny.build(seed=1).unet, "plus", seed=3)
    adapters.write(house.folder / "ipadapter" / "a-plus-Face.safetensors", face)
    assert find_adapter(parts.MODEL, "PLUS FACE (portraits)", **house.files).ipadapter.path.name.startswith("a-plus")
    plus = find_adapter(parts.MODEL, "PLUS (high strength)", **house.files)
    assert plus.ipadapter.path.name == "sd1_plus.safetensors"


def test_an_adapter_without_its_encoder_is_not_found(house: House) -> None:
    parts = checkpoint(house, "sd1")
    large = adapters.adapter(tiny.build(seed=1).unet)
    large["image_proj.proj.weight"] = torch.zeros(len(large["image_proj.proj.weight"]), 1280)
    adapters.write(house.folder / "ipadapter" / "g.safetensors", large)
    with pytest.raises(ModelError, match=r"clip_vision gives the 1280 numbers that g\.safetensors reads"):
        find_adapter(parts.MODEL, "VIT-G (medium strength)", **house.files)
