"""Operations on pictures, with exact small tensors."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion.pictures import imaging
from nodes.diffusion.pictures.imaging import BlendMode


def picture(height: int = 5, width: int = 6, batch: int = 2, channels: int = 3) -> Tensor:
    return torch.rand(batch, height, width, channels, generator=torch.Generator().manual_seed(0))


def test_a_solid_picture_has_the_colour_of_its_number() -> None:
    image = imaging.solid(3, 2, 4, 0xFF8000)
    assert image.shape == (4, 2, 3, 3)
    assert torch.equal(image[3, 1, 2], torch.tensor([255, 128, 0]) / 255)


@pytest.mark.parametrize(
    ("size", "shape"),
    [((0, 0), (5, 6)), ((12, 0), (10, 12)), ((0, 10), (10, 12)), ((3, 9), (9, 3)), ((1, 0), (1, 1))],
)
def test_a_side_of_zero_follows_from_the_other(size: tuple[int, int], shape: tuple[int, int]) -> None:
    assert imaging.scale(picture(), *size, "bilinear").shape == (2, *shape, 3)


def test_scaling_by_a_factor_rounds_the_size() -> None:
    assert imaging.scale_by(picture(), 1.5, "nearest-exact").shape == (2, 8, 9, 3)
    assert imaging.scale_by(picture(), 0.01, "area").shape == (2, 1, 1, 3)


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((2, 3, 1, 2), (2, 5), (1, 3)),
        ((100, 100, 0, 0), (0, 5), (0, 6)),
        ((4, 4, 100, 100), (4, 5), (5, 6)),
    ],
)
def test_cropping_takes_what_there_is(
    box: tuple[int, int, int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    image = picture()
    assert torch.equal(imaging.crop(image, *box), image[:, slice(*rows), slice(*columns)])


def test_batching_keeps_order_and_fits_size_and_channels() -> None:
    first, second = picture(), picture(10, 12, batch=1, channels=4)
    joined = imaging.batch(first, second)
    assert joined.shape == (3, 5, 6, 4)
    assert torch.equal(joined[:2, ..., :3], first)
    assert torch.equal(joined[:2, ..., 3], torch.ones(2, 5, 6))


BLENDED: dict[BlendMode, list[float]] = {
    "normal": [0.5, 0.5, 0.25],
    "multiply": [0.1, 0.4, 0.125],
    "screen": [0.6, 0.9, 0.625],
    "overlay": [0.2, 0.8, 0.25],
    "soft_light": [0.2, 0.8, 0.375],
    "difference": [0.0, 0.3, 0.25],
}


@pytest.mark.parametrize("mode", BLENDED)
def test_blending_follows_its_formula(mode: BlendMode) -> None:
    first = torch.tensor([0.2, 0.8, 0.5]).reshape(1, 1, 1, 3)
    second = torch.tensor([0.5, 0.5, 0.25]).reshape(1, 1, 1, 3)
    assert imaging.blend(first, second, 1.0, mode).flatten().tolist() == pytest.approx(BLENDED[mode])
    assert imaging.blend(first, second, 0.0, mode).flatten().tolist() == pytest.approx([0.2, 0.8, 0.5])
    halfway = imaging.blend(first, second, 0.5, mode).flatten()
    if mode != "difference":  # its negative values count before they are clamped
        assert torch.allclose(halfway, (first.flatten() + torch.tensor(BLENDED[mode])) / 2)


def test_soft_light_brightens_dark_and_light_tones() -> None:
    tones = torch.tensor([0.1, 0.64, 1.0]).reshape(1, 1, 1, 3)
    blended = imaging.blend(tones, torch.ones(1, 1, 1, 3), 1.0, "soft_light").flatten().tolist()
    assert blended == pytest.approx([((16 * 0.1 - 12) * 0.1 + 4) * 0.1, 0.8, 1.0])


def test_the_second_picture_takes_the_size_of_the_first_and_its_batch_follows() -> None:
    assert imaging.blend(picture(), picture(20, 20, batch=1), 0.5, "screen").shape == (2, 5, 6, 3)
    assert imaging.blend(picture(batch=1), picture(batch=3), 0.5, "screen").shape == (3, 5, 6, 3)


def test_a_blurred_point_is_the_kernel() -> None:
    point = torch.zeros(1, 5, 5, 1)
    point[0, 2, 2] = 1.0
    blurred = imaging.blur(point, 1, 0.5)[0, :, :, 0]
    side, corner = torch.tensor(-2.0).exp(), torch.tensor(-4.0).exp()
    kernel = torch.tensor([[corner, side, corner], [side, 1.0, side], [corner, side, corner]])
    assert torch.allclose(blurred[1:4, 1:4], kernel / kernel.sum())
    assert blurred.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("radius", [1, 2, 4, 31])
def test_flat_pictures_stay_flat_when_blurred_or_sharpened_however_small(radius: int) -> None:
    flat = torch.full((1, 3, 2, 3), 0.5)
    assert torch.allclose(imaging.blur(flat, radius, 1.0), flat, atol=1e-5)
    assert torch.allclose(imaging.sharpen(flat, radius, 1.0, 1.0), flat, atol=1e-3)
    assert imaging.blur(torch.rand(1, 1, 1, 3), radius, 1.0).shape == (1, 1, 1, 3)


def test_a_radius_of_zero_changes_nothing() -> None:
    assert torch.equal(imaging.blur(picture(), 0, 1.0), picture())
    assert torch.equal(imaging.sharpen(picture(), 0, 1.0, 1.0), picture())


def test_sharpening_deepens_an_edge_and_stays_in_range() -> None:
    edge = torch.full((1, 4, 8, 1), 0.4)
    edge[:, :, 4:] = 0.6
    row = imaging.sharpen(edge, 1, 1.0, 0.1)[0, 2, :, 0]
    assert row[3] < 0.4 < 0.6 < row[4]
    assert torch.allclose(row[:3], torch.full((3,), 0.4), atol=1e-5)
    hard = imaging.sharpen(edge, 1, 1.0, 5.0)
    assert (hard.min(), hard.max()) == (0.0, 1.0)


def test_the_edge_is_mirrored() -> None:
    assert imaging._mirrored(4, 2, torch.device("cpu")).tolist() == [2, 1, 0, 1, 2, 3, 2, 1]
    assert imaging._mirrored(2, 3, torch.device("cpu")).tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
    assert imaging._mirrored(1, 2, torch.device("cpu")).tolist() == [0, 0, 0, 0, 0]


def test_cropping_inside_the_padding_gives_the_picture_back() -> None:
    image = picture()
    canvas, mask = imaging.pad_for_outpaint(image, 8, 16, 24, 0, 2)
    assert canvas.shape == (2, 21, 38, 3)
    assert mask.shape == (1, 21, 38)
    assert torch.equal(imaging.crop(canvas, 6, 5, 8, 16), image)
    outside = torch.ones(21, 38, dtype=torch.bool)
    outside[16:21, 8:14] = False
    assert torch.equal(canvas[0][outside], torch.full((int(outside.sum()), 3), 0.5))
    assert torch.equal(mask[0][outside], torch.ones(int(outside.sum())))


def test_the_outpainting_mask_falls_off_quadratically_along_the_sides_that_grew() -> None:
    _, mask = imaging.pad_for_outpaint(picture(10, 10), 8, 0, 0, 0, 4)
    assert mask[0, 5, 8:].tolist() == pytest.approx([1.0, 0.5625, 0.25, 0.0625, 0, 0, 0, 0, 0, 0])
    assert torch.equal(mask[0], mask[0, :1].expand(10, 18))
    _, mask = imaging.pad_for_outpaint(picture(10, 10), 0, 0, 8, 0, 4)
    assert mask[0, 5, :10].tolist() == pytest.approx([0, 0, 0, 0, 0, 0, 0, 0.0625, 0.25, 0.5625])
    _, mask = imaging.pad_for_outpaint(picture(10, 10), 8, 0, 0, 0, 5)  # would meet itself
    assert mask[0, :, 8:].max() == 0.0
