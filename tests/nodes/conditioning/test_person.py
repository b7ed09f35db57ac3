"""PhotoMaker: a person in a prompt."""

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from nodes.conditioning.person import encode_person, load_photomaker
from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.vision.encoder import prepared
from nodes.diffusion.vision.person import split_prompt
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.vision.persons import encoder, tensors
from tests.nodes.house import House

IMAGE = torch.rand(2, 40, 30, 3, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("person"))
    originals.sdxl().write(house.folder / "checkpoints" / "xl.safetensors")
    (house.folder / "photomaker").mkdir()
    for name, prefix in (("whole", "id_encoder."), ("bare", "")):
        save_file(tensors(prefix), house.folder / "photomaker" / f"{name}.safetensors")
    return house


@pytest.mark.parametrize("name", ["whole", "bare"])
@torch.no_grad()
def test_a_word_has_a_face(house: House, name: str) -> None:
    clip = load_checkpoint("xl.safetensors", **house.files).CLIP
    person = load_photomaker(f"{name}.safetensors", folders=house.folders)
    ((found, options),) = encode_person(person, IMAGE, clip, "a man photomaker in rain", **house.files)
    ((plain, others),) = house.text(clip, "a man in rain")
    assert torch.equal(options["pooled_output"], others["pooled_output"])
    changed = (found != plain).any(dim=-1)[0]
    assert changed.nonzero().flatten().tolist() == [2]
    torch.testing.assert_close(found[:, 2], expected(plain[:, 2]), atol=1e-5, rtol=1e-5)


def expected(word: torch.Tensor) -> torch.Tensor:
    """The published formula, layer by layer."""
    own = encoder()
    seen = own.vision.vision_model(prepared(IMAGE[:1], 28, "center", is_clip=True)).pooler_output
    face = torch.cat([own.vision.visual_projection(seen), own.visual_projection_2(seen)], dim=-1)
    fuse = own.fuse_module
    both = fuse.mlp1.layernorm(torch.cat([word, face], dim=-1))
    mixed = fuse.mlp1.fc2(functional.gelu(fuse.mlp1.fc1(both))) + word
    again = fuse.mlp2.fc2(functional.gelu(fuse.mlp2.fc1(fuse.mlp2.layernorm(mixed)))) + mixed
    return fuse.layer_norm(again)


def test_a_prompt_without_the_mark_is_a_plain_one(house: House) -> None:
    clip = load_checkpoint("xl.safetensors", **house.files).CLIP
    person = load_photomaker("bare.safetensors", folders=house.folders)
    ((found, _),) = encode_person(person, IMAGE, clip, "a man", **house.files)
    assert torch.equal(found, house.text(clip, "a man")[0][0])


def test_the_word_before_the_mark_is_meant() -> None:
    assert split_prompt("photograph of photomaker, smiling") == ("photograph of photomaker, smiling", None)
    assert split_prompt("photograph of photomaker smiling") == ("photograph of smiling", 2)


def test_what_does_not_fit_is_refused(house: House) -> None:
    originals.sd2().write(house.folder / "checkpoints" / "two.safetensors")
    clip = load_checkpoint("two.safetensors", **house.files).CLIP
    person = load_photomaker("bare.safetensors", folders=house.folders)
    with pytest.raises(DiffusionError, match="puts faces into texts of 80 numbers"):
        encode_person(person, IMAGE, clip, "a man photomaker", **house.files)
    second = {"qformer_perceiver.token_proj.0.weight": torch.zeros(2, 2)}
    save_file(second, house.folder / "photomaker" / "two.safetensors")
    with pytest.raises(UnsupportedModel, match="second version"):
        load_photomaker("two.safetensors", folders=house.folders)
