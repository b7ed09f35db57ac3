"""Filter nodes pass their inputs on."""

from pathlib import Path

import torch

from nodes.images import filters
from tests.nodes.test_running import House


def picture() -> torch.Tensor:
    return torch.rand(2, 16, 24, 3, generator=torch.Generator().manual_seed(0))


def test_filters_keep_the_shape() -> None:
    assert filters.canny(picture()).shape == picture().shape
    assert filters.image_quantize(picture(), 8, "bayer-4").shape == picture().shape
    assert filters.morphology_node(picture(), "dilate", 3).min() >= picture().min()


def test_noise_follows_from_its_seed() -> None:
    grey = torch.full((2, 32, 32, 3), 0.5)
    noisy = filters.image_add_noise(grey, 7, 0.1)
    assert torch.equal(noisy, filters.image_add_noise(grey, 7, 0.1))
    assert not torch.equal(noisy, filters.image_add_noise(grey, 8, 0.1))
    assert abs(float((noisy - grey).std()) - 0.1) < 0.005
    assert torch.equal(filters.image_add_noise(grey, 7, 0.0), grey)


def test_brightness_and_colour_separate_and_join() -> None:
    parts = filters.image_rgb_to_yuv(picture())
    assert torch.equal(parts.Y[..., 0], parts.Y[..., 2])
    assert torch.allclose(filters.image_yuv_to_rgb(*parts), picture(), atol=2e-3)


def test_colours_may_be_counted_by_one_picture(tmp_path: Path) -> None:
    changed = filters.color_transfer(picture(), picture() * 0.5, "reinhard_lab", filters.TargetFrame(9)).image
    assert changed.mean() < picture().mean()
    graph = {
        "red": ("EmptyImage", {"width": 8, "height": 8, "color": 0x800000}),
        "blue": ("EmptyImage", {"width": 8, "height": 8, "color": 0x000080}),
        "colour": (
            "ColorTransfer",
            {
                "image_target": ["red", 0],
                "image_ref": ["blue", 0],
                "method": "reinhard_lab",
                "source_stats": "target_frame",
                "source_stats.target_index": 0,
                "strength": 1.0,
            },
        ),
        "save": ("PreviewImage", {"images": ["colour", 0]}),
    }
    ((image,),) = House(tmp_path).run(graph).outputs["save"]
    assert torch.allclose(image[0, 0, 0], torch.tensor([0, 0, 128 / 255]), atol=0.02)
