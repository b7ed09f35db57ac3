"""Sizes: what rules say, and that pictures and masks get there."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion.pictures import sizes
from nodes.diffusion.pictures.sizes import Size


def picture(width: int, height: int, channels: int = 3) -> Tensor:
    return torch.rand(2, height, width, channels, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (sizes.by_factor(Size(10, 5), 1.5), (15, 8)),
        (sizes.with_longer(Size(10, 5), 20), (20, 10)),
        (sizes.with_longer(Size(5, 10), 20), (10, 20)),
        (sizes.with_shorter(Size(10, 5), 20), (40, 20)),
        (sizes.with_shorter(Size(5, 10), 0), (5, 10)),
        (sizes.of_megapixels(Size(512, 512), 1.0), (1024, 1024)),
        (sizes.of_megapixels(Size(1000, 500), 0.5), (1024, 512)),
        (sizes.of_megapixels(Size(1000, 500), 0.5, 64), (1024, 512)),
        (sizes.of_megapixels(Size(900, 500), 1.0, 64), (1344, 768)),
        (sizes.nearest_of(Size(900, 500), sizes.KONTEXT_SIZES), (1392, 752)),
        (sizes.nearest_of(Size(77, 77), sizes.KONTEXT_SIZES), (1024, 1024)),
    ],
)
def test_rules_say_a_size(found: Size, wanted: tuple[int, int]) -> None:
    assert found == wanted


def test_pictures_and_masks_are_resized_alike() -> None:
    image = picture(8, 6)
    mask = image[..., 0]
    for method in ("nearest-exact", "bilinear", "area", "bicubic", "lanczos"):
        small = sizes.scaled(image, Size(4, 0), method)
        assert small.shape == (2, 3, 4, 3)
        assert torch.equal(sizes.scaled(mask, Size(4, 0), method), small[..., 0])
    assert sizes.scaled(image, Size(0, 0), "area") is image


@pytest.mark.parametrize(
    ("size", "multiple", "wanted"), [((20, 13), 8, (16, 8)), ((16, 8), 8, (16, 8)), ((5, 5), 8, (5, 5))]
)
def test_cutting_to_multiples_keeps_proportions(size: tuple[int, int], multiple: int, wanted: tuple[int, int]) -> None:
    ramp = torch.linspace(0, 1, size[0]).expand(1, size[1], size[0])
    cut = sizes.cut_to_multiple(ramp, multiple, "area")
    assert sizes.size_of(cut) == wanted
    assert torch.allclose(cut[0, 0], cut[0, -1], atol=1e-5)  # still the same in every row
    assert cut.mean() == pytest.approx(0.5, abs=0.01)  # cut on both sides alike


@pytest.mark.parametrize(("size", "filled"), [((8, 8), 4 * 8), ((16, 4), 8 * 4), ((8, 4), 8 * 4)])
def test_a_picture_is_fitted_in_the_middle_of_a_canvas(size: tuple[int, int], filled: int) -> None:
    canvas = sizes.fitted(torch.zeros(1, 2, 4, 3), Size(*size), "nearest-exact", 1.0)
    assert sizes.size_of(canvas) == size
    assert int((canvas[..., 0] == 0).sum()) == filled
    assert torch.equal(canvas, canvas.flip(1).flip(2))
