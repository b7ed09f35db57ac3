"""Stable Zero123 through the nodes: from a picture of an object to pictures of it from other sides."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nodes.conditioning.stable_zero123 import from_another_side, from_several_sides
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.zero123 import camera
from nodes.diffusion.weights import merging_files
from nodes.models.loaders import load_checkpoint
from nodes.video.stable_video import load_image_only_checkpoint
from tests.nodes.diffusion import cascade_originals
from tests.nodes.diffusion.families import relatives
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 80, 70, 3, generator=torch.Generator().manual_seed(3))


def write(path: Path, tensors: dict[str, torch.Tensor], header: dict[str, str] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path, header)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("zero123"))
    write(house.folder / "checkpoints" / "z.safetensors", relatives.whole_zero123())
    return house


def test_an_object_is_drawn_from_another_side(house: House) -> None:
    parts = load_image_only_checkpoint("z.safetensors", **house.files)
    drawn = []
    for azimuth in (0.0, 0.0, 120.0):
        side = {"elevation": 10.0, "azimuth": azimuth}
        begun = from_another_side(parts.CLIP_VISION, IMAGE, parts.VAE, 64, 64, 1, **side, models=house.models)
        assert begun.positive[0][0].shape == (1, 1, adapters.SEEN + relatives.CAMERA)
        assert not begun.negative[0][0].any()
        drawn.append(house.sample(parts.MODEL, *begun)["samples"])
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2], atol=1e-4)
    assert is_picture(house.decode({"samples": drawn[0]}, parts.VAE))


def test_several_sides_begin_from_the_same_noise(house: House) -> None:
    parts = load_image_only_checkpoint("z.safetensors", **house.files)
    sides = (10.0, 20.0, 5.0, 90.0)
    begun = from_several_sides(parts.CLIP_VISION, IMAGE, parts.VAE, 64, 64, 3, *sides, models=house.models)
    told = begun.positive[0][0]
    torch.testing.assert_close(
        told[:, :, adapters.SEEN :], torch.cat([camera(10, 20), camera(15, 110), camera(20, 200)])
    )
    drawn = house.sample(parts.MODEL, *begun)["samples"]
    alone = from_another_side(parts.CLIP_VISION, IMAGE, parts.VAE, 64, 64, 1, 15.0, 110.0, models=house.models)
    torch.testing.assert_close(drawn[1:2], house.sample(parts.MODEL, *alone)["samples"], atol=1e-3, rtol=1e-3)


def test_what_is_saved_can_be_loaded_again(house: House) -> None:
    parts = load_image_only_checkpoint("z.safetensors", **house.files)
    saved = merging_files.checkpoint(house.models, parts.MODEL, None, parts.VAE)
    write(house.folder / "checkpoints" / "saved.safetensors", dict(saved.tensors), dict(saved.metadata))
    drawn = []
    for each in (parts, load_image_only_checkpoint("saved.safetensors", **house.files)):
        begun = from_another_side(each.CLIP_VISION, IMAGE, each.VAE, 64, 64, 1, 0.0, 30.0, models=house.models)
        drawn.append(house.sample(each.MODEL, *begun)["samples"])
    torch.testing.assert_close(drawn[0], drawn[1], atol=1e-3, rtol=1e-3)


def test_other_autoencoders_are_refused(house: House) -> None:
    write(house.folder / "checkpoints" / "c.safetensors", cascade_originals.checkpoint_c())
    parts = load_image_only_checkpoint("z.safetensors", **house.files)
    other = load_checkpoint("c.safetensors", **house.files)
    with pytest.raises(DiffusionError, match="no autoencoder of Stable Zero123"):
        from_another_side(parts.CLIP_VISION, IMAGE, other.VAE, 64, 64, models=house.models)
