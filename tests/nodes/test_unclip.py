"""unCLIP through the nodes: from a picture to its kin."""

import pytest
import torch
from safetensors.torch import save_file

from nodes.conditioning.clip_vision import encode_clip_vision, unclip_conditioning
from nodes.diffusion.weights import merging_files
from nodes.models.loaders import load_unclip_checkpoint
from tests.nodes.diffusion.families import unclips
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("unclip"))
    unclips.write(house.folder / "checkpoints" / "u.safetensors")
    return house


def test_a_picture_changes_what_is_drawn(house: House) -> None:
    parts = load_unclip_checkpoint("u.safetensors", **house.files)
    text, nothing = house.text(parts.CLIP, "a cat"), house.text(parts.CLIP, "")
    plain = house.sample(parts.MODEL, text, nothing)["samples"]
    seen = encode_clip_vision(parts.CLIP_VISION, IMAGE, "center", models=house.models)
    told = unclip_conditioning(text, seen, 1.0, 0.1)
    found = house.sample(parts.MODEL, told, nothing)["samples"]
    assert (found - plain).abs().max() > 1e-3
    assert is_picture(house.decode({"samples": found}, parts.VAE))
    assert torch.equal(found, house.sample(parts.MODEL, told, nothing)["samples"])
    noisier = unclip_conditioning(text, seen, 1.0, 0.9)
    assert not torch.equal(found, house.sample(parts.MODEL, noisier, nothing)["samples"])


def test_pictures_follow_one_another_and_strength_nought_is_none(house: House) -> None:
    parts = load_unclip_checkpoint("u.safetensors", **house.files)
    text = house.text(parts.CLIP, "a cat")
    seen = encode_clip_vision(parts.CLIP_VISION, IMAGE, "center", models=house.models)
    assert unclip_conditioning(text, seen, 0.0) is text
    twice = unclip_conditioning(unclip_conditioning(text, seen, 1.0), seen, 0.5)
    assert [each["strength"] for each in twice[0][1]["unclip_conditioning"]] == [1.0, 0.5]
    assert "unclip_conditioning" not in text[0][1]


def test_what_is_saved_can_be_loaded_again(house: House) -> None:
    parts = load_unclip_checkpoint("u.safetensors", **house.files)
    saved = merging_files.checkpoint(house.models, parts.MODEL, parts.CLIP, parts.VAE)
    path = house.folder / "checkpoints" / "saved.safetensors"
    save_file({key: tensor.contiguous().clone() for key, tensor in saved.tensors.items()}, path, dict(saved.metadata))
    again = load_unclip_checkpoint("saved.safetensors", **house.files)
    seen = [encode_clip_vision(each.CLIP_VISION, IMAGE, "center", models=house.models) for each in (parts, again)]
    assert torch.equal(seen[0].image_embeds, seen[1].image_embeds)
    drawn = [
        house.sample(
            each.MODEL, unclip_conditioning(house.text(each.CLIP, "a cat"), seen[0], 1.0), house.text(each.CLIP, "")
        )
        for each in (parts, again)
    ]
    assert torch.equal(drawn[0]["samples"], drawn[1]["samples"])
