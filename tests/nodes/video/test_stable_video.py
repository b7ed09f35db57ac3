"""Stable Video Diffusion through the nodes: from a picture to a video."""

import pytest
import torch

from nodes.models.guidance_changes import video_linear_cfg
from nodes.video.stable_video import load_image_only_checkpoint, svd_image_to_video
from tests.nodes.diffusion import svd_originals
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 80, 70, 3, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("svd"))
    svd_originals.write(house.folder / "checkpoints" / "svd.safetensors")
    return house


def test_a_picture_becomes_a_video(house: House) -> None:
    parts = load_image_only_checkpoint("svd.safetensors", **house.files)
    assert parts.MODEL.source.architecture == parts.VAE.source.architecture == "svd"
    drawn = []
    for motion, image in ((127, IMAGE), (127, IMAGE), (10, IMAGE), (127, 1 - IMAGE)):
        begun = svd_image_to_video(parts.CLIP_VISION, image, parts.VAE, 64, 64, 5, motion, 6, 0.0, models=house.models)
        assert begun.latent["samples"].shape == (5, 4, 8, 8)
        assert not begun.negative[0][0].any()
        model = video_linear_cfg(parts.MODEL, 1.0)
        drawn.append(house.sample(model, *begun, cfg=2.5, scheduler="karras")["samples"])
    assert torch.equal(drawn[0], drawn[1])
    assert all(not torch.allclose(drawn[0], each, atol=1e-4) for each in drawn[2:])
    frames = house.decode({"samples": drawn[0]}, parts.VAE)
    assert len(frames) == 5
    assert is_picture(frames)


def test_a_noisy_picture_is_shown_otherwise(house: House) -> None:
    parts = load_image_only_checkpoint("svd.safetensors", **house.files)
    seen = [
        svd_image_to_video(parts.CLIP_VISION, IMAGE, parts.VAE, 64, 64, 2, 127, 6, level, models=house.models)
        for level in (0.0, 0.5, 0.5)
    ]
    pictures = [each.positive[0][1]["concat_latent_image"] for each in seen]
    assert not torch.allclose(pictures[0], pictures[1])
    assert torch.equal(pictures[1], pictures[2])
