"""The x4 upscaler of Stable Diffusion through the nodes: from a small picture to a large one."""

import pytest
import torch

from nodes.conditioning.upscaling_diffusion import enlarge_four_times
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion.families import relatives
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(2, 16, 24, 3, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("x4"))
    relatives.x4().write(house.folder / "checkpoints" / "x4.safetensors")
    return house


def test_a_picture_becomes_four_times_as_large(house: House) -> None:
    parts = load_checkpoint("x4.safetensors", **house.files)
    texts = house.text(parts.CLIP, "a cat"), house.text(parts.CLIP, "")
    drawn = []
    for images, noise in ((IMAGE, 0.0), (IMAGE, 0.5), (1 - IMAGE, 0.0)):
        begun = enlarge_four_times(images, *texts, 4.0, noise)
        assert begun.latent["samples"].shape == (2, 4, 16, 24)
        assert "concat_image" not in texts[0][0][1]
        drawn.append(house.sample(parts.MODEL, *begun)["samples"])
    assert is_picture(house.decode({"samples": drawn[0]}, parts.VAE), 64, 96)
    assert all(not torch.allclose(drawn[0], each, atol=1e-4) for each in drawn[1:])


def test_other_ratios_change_what_is_seen() -> None:
    begun = enlarge_four_times(IMAGE, [(torch.zeros(1, 1, 48), {})], [(torch.zeros(1, 1, 48), {})], 2.0)
    seen = begun.positive[0][1]["concat_image"]
    assert seen.shape == (2, 3, 8, 12)
    assert begun.latent["samples"].shape == (2, 4, 8, 12)
    assert -1 <= float(seen.min()) < 0 < float(seen.max()) <= 1
