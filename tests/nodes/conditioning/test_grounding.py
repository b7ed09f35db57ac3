"""GLIGEN: words in their places."""

import pytest
import torch
from diffusers.models.attention import GatedSelfAttentionDense
from diffusers.models.embeddings import GLIGENTextBoundingboxProjection
from safetensors.torch import save_file
from torch import nn

from nodes.conditioning.grounding import load_gligen, place_words
from nodes.diffusion.control.equipping import equipped, shared
from nodes.diffusion.control.grounding import GROUNDING, MOST, Place, block_names, table
from nodes.diffusion.errors import DiffusionError, ModelError, UnsupportedModel
from nodes.diffusion.types import Guider, Start
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import originals, tiny
from tests.nodes.diffusion.control.groundings import grounding
from tests.nodes.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("grounding"))
    model = tiny.build()
    tiny.write_file(house.folder / "checkpoints" / "m.safetensors", model)
    originals.sdxl().write(house.folder / "checkpoints" / "xl.safetensors")
    (house.folder / "gligen").mkdir()
    save_file(grounding(model.unet, tiny.WIDTH), house.folder / "gligen" / "g.safetensors")
    return house


def parts(house: House):
    checkpoint = load_checkpoint("m.safetensors", **house.files)
    gligen = load_gligen("g.safetensors", folders=house.folders)
    return checkpoint, gligen, house.text(checkpoint.CLIP, "a cat and a dog"), house.text(checkpoint.CLIP, "")


def placed(house: House, conditioning, gligen, clip, text="a cat", **box):
    return place_words(
        conditioning, clip, gligen, text, **{"width": 32, "height": 16, "x": 8, "y": 40, **box}, **house.files
    )


def test_a_box_counts_and_where_it_is_counts(house: House) -> None:
    checkpoint, gligen, positive, negative = parts(house)
    found = [house.sample(checkpoint.MODEL, positive, negative)["samples"]]
    for text, x in (("a cat", 8), ("a cat", 24), ("a dog", 8)):
        one = placed(house, positive, gligen, checkpoint.CLIP, text, x=x)
        found.append(house.sample(checkpoint.MODEL, one, negative)["samples"])
    two = placed(house, placed(house, positive, gligen, checkpoint.CLIP), gligen, checkpoint.CLIP, "a dog", y=0)
    found.append(house.sample(checkpoint.MODEL, two, negative)["samples"])
    assert len({round(each.double().sum().item(), 4) for each in found}) == 5
    again = house.sample(checkpoint.MODEL, positive, negative)["samples"]
    assert torch.equal(again, found[0]), "the model itself stays as it was"


@torch.no_grad()
def test_one_call_is_that_of_diffusers(house: House) -> None:
    checkpoint, gligen, positive, negative = parts(house)
    one = placed(house, positive, gligen, checkpoint.CLIP)
    guider = Guider(checkpoint.MODEL, "cfg", {"positive": one, "negative": negative}, {"cfg": 4.0})
    x, timestep, context = torch.randn(1, 4, 8, 8), torch.tensor([500.0]), one[0][0]
    with equipped(house.models, guider) as network:
        told = dict(network.inputs(one[0][1], "positive", Start(torch.zeros(1, 4, 8, 8))))
        found = network.predict(x, timestep, context, {**told, "sigma": 1.0})
    unet = tiny.build().unet
    tensors = grounding(unet, tiny.WIDTH)
    unet.position_net = with_weights(GLIGENTextBoundingboxProjection(tiny.WIDTH, 16), tensors, "position_net.")
    for own, name in block_names(unet).items():
        block = unet.get_submodule(own)
        heads, width = block.attn1.heads, block.norm1.weight.shape[0]
        layer = GatedSelfAttentionDense(width, 16, heads, width // heads)
        block.fuser = with_weights(layer, tensors, f"{name}.fuser.")
    boxes, masks, texts = torch.zeros(1, MOST, 4), torch.zeros(1, MOST), torch.zeros(1, MOST, tiny.WIDTH)
    boxes[0, 0], masks[0, 0] = torch.tensor([8 / 64, 40 / 64, 40 / 64, 56 / 64]), 1.0
    texts[0, 0] = house.text(checkpoint.CLIP, "a cat")[0][1]["pooled_output"][0]
    places = {"gligen": {"boxes": boxes, "masks": masks, "positive_embeddings": texts}}
    wanted = unet(x, timestep, context, cross_attention_kwargs=places).sample
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def with_weights(layer: nn.Module, tensors, prefix: str) -> nn.Module:
    found = {key.removeprefix(prefix): each for key, each in tensors.items() if key.startswith(prefix)}
    layer.load_state_dict(found)
    return layer.eval()


def test_the_other_side_has_the_same_places(house: House) -> None:
    checkpoint, gligen, positive, negative = parts(house)
    one = placed(house, positive, gligen, checkpoint.CLIP)
    guider = shared(Guider(checkpoint.MODEL, "cfg", {"positive": one, "negative": negative}, {"cfg": 4.0}))
    assert guider.conditionings["negative"][0][1][GROUNDING] is one[0][1][GROUNDING]
    plain = Guider(checkpoint.MODEL, "cfg", {"positive": positive, "negative": negative}, {"cfg": 4.0})
    assert shared(plain) is plain


def test_what_does_not_fit_is_refused(house: House) -> None:
    checkpoint, gligen, positive, _ = parts(house)
    other = load_checkpoint("xl.safetensors", **house.files)
    with pytest.raises(DiffusionError, match=f"reads words of {tiny.WIDTH} numbers"):
        placed(house, positive, gligen, other.CLIP)
    one = placed(house, house.text(other.CLIP, "a cat"), gligen, checkpoint.CLIP)
    assert house.sample(other.MODEL, one, house.text(other.CLIP, ""))["samples"].isfinite().all(), "it is as wide"
    wide = {
        key.replace("blocks.0.", "blocks.1."): each for key, each in grounding(tiny.build().unet, tiny.WIDTH).items()
    }
    save_file(wide, house.folder / "gligen" / "wide.safetensors")
    gligen = load_gligen("wide.safetensors", folders=house.folders)
    one = placed(house, positive, gligen, checkpoint.CLIP)
    with pytest.raises(ModelError, match=r"wide\.safetensors is for another kind of model"):
        house.sample(checkpoint.MODEL, one, positive)
    with pytest.raises(ModelError, match="knows 30 places at most"):
        table([Place(torch.zeros(1, 4), 1, 1, 0, 0)] * 31, (8, 8))
    save_file({"something.weight": torch.zeros(2)}, house.folder / "gligen" / "odd.safetensors")
    with pytest.raises(UnsupportedModel, match="GLIGEN files for boxes and words"):
        load_gligen("odd.safetensors", folders=house.folders)
