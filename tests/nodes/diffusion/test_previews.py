"""Previews: the right colours in a small picture."""

import io

import pytest
import torch
from PIL import Image

from nodes.diffusion.previews import preview, to_rgb
from nodes.diffusion.types import LatentFormat

COLOURS = LatentFormat(
    rgb_factors=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)), rgb_bias=(0.0, 0.0, -0.5)
)


def test_channels_become_colours() -> None:
    latents = torch.tensor([1.0, -1.0, 0.5, 3.0])[None, :, None, None].expand(1, 4, 2, 3)
    assert to_rgb(latents, COLOURS)[0, 0, 0].tolist() == [255, 0, 128]
    assert to_rgb(latents, COLOURS).shape == (1, 2, 3, 3)


@pytest.mark.parametrize(
    ("cells", "size"), [((16, 16), (128, 128)), ((64, 96), (512, 341)), ((128, 256), (512, 256)), ((1, 900), (512, 1))]
)
def test_the_picture_has_the_size_of_the_result_up_to_512_pixels(cells: tuple[int, int], size: tuple[int, int]) -> None:
    encoded = preview(torch.zeros(2, 4, *cells), COLOURS)
    assert encoded
    with Image.open(io.BytesIO(encoded)) as picture:
        assert picture.format == "JPEG"
        assert picture.size == size


def test_the_first_of_a_batch_is_shown() -> None:
    latents = torch.zeros(2, 4, 8, 8)
    latents[0, 0], latents[1, 1] = 1.0, 1.0
    encoded = preview(latents, COLOURS)
    assert encoded
    with Image.open(io.BytesIO(encoded)) as picture:
        red, green, _ = picture.getpixel((32, 32))  # type: ignore[misc]  # a picture with three channels
    assert red > 240 > 140 > green


def test_families_without_known_colours_have_no_previews() -> None:
    assert preview(torch.zeros(1, 4, 8, 8), LatentFormat()) is None
