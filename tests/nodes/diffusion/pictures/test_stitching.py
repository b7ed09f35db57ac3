"""Pictures beside each other, and tiles."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nodes.diffusion.pictures.sizes import Size, size_of
from nodes.diffusion.pictures.stitching import Direction, merge, split, stitch, tile_places


def picture(width: int, height: int, value: float = 0.0, batch: int = 1, channels: int = 3) -> Tensor:
    return torch.full((batch, height, width, channels), value)


@pytest.mark.parametrize(
    ("direction", "row", "column"),
    [("right", 0, -1), ("left", 0, 0), ("down", -1, 0), ("up", 0, 0)],
)
def test_the_second_picture_stands_where_it_was_asked_to(direction: Direction, row: int, column: int) -> None:
    stitched = stitch(picture(4, 4), picture(4, 4, 1.0), direction, True, 0, "white")
    assert sorted(stitched.shape[1:3]) == [4, 8]
    assert stitched[0, row, column, 0] == 1
    assert stitched.mean() == 0.5


def test_sizes_are_matched_or_centred() -> None:
    matched = stitch(picture(4, 4), picture(4, 8, 1.0), "right", True, 0, "white")
    assert size_of(matched) == (6, 4)
    centred = stitch(picture(4, 8, 0.5), picture(4, 4, 1.0), "down", False, 0, "white")
    assert size_of(centred) == (4, 12)
    centred = stitch(picture(4, 8, 0.5), picture(4, 4, 1.0), "right", False, 0, "white")
    assert centred[0, :, -1, 0].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]


def test_a_stripe_has_an_even_width_and_its_colour() -> None:
    stitched = stitch(picture(2, 2), picture(2, 2), "right", True, 3, "green")
    assert size_of(stitched) == (8, 2)
    assert stitched[0, 0, 3].tolist() == [0, 1, 0]


def test_the_shorter_batch_repeats_its_last_picture_and_alpha_is_filled_up() -> None:
    second = torch.stack([picture(2, 2, 0.2)[0], picture(2, 2, 0.4)[0]])
    stitched = stitch(picture(2, 2, 0.1, batch=3, channels=4), second, "right", True, 0, "white")
    assert stitched.shape == (3, 2, 4, 4)
    assert torch.allclose(stitched[:, 0, -1, 0], torch.tensor([0.2, 0.4, 0.4]))
    assert stitched[:, 0, -1, 3].min() == 1


sides = st.integers(1, 40)


@settings(max_examples=40)
@given(width=sides, height=sides, tile=st.tuples(sides, sides), overlap=st.integers(0, 20))
def test_tiles_go_together_again(width: int, height: int, tile: tuple[int, int], overlap: int) -> None:
    image = torch.rand(2, height, width, 3, generator=torch.Generator().manual_seed(0))
    tiles = split(image, Size(*tile), overlap)
    assert len({each.shape for each in tiles}) == 1
    assert torch.allclose(merge(tiles, Size(width, height), overlap), image, atol=1e-5)


def test_tiles_lie_as_far_apart_as_asked_and_the_last_lies_at_the_edge() -> None:
    assert tile_places(Size(100, 10), Size(40, 40), 10) == [(0, 0), (30, 0), (60, 0)]
    assert tile_places(Size(90, 10), Size(40, 40), 10) == [(0, 0), (30, 0), (50, 0)]


def test_too_few_tiles_are_told() -> None:
    with pytest.raises(ValueError, match="take 3 tiles of 40 x 10"):
        merge([picture(40, 10)], Size(100, 10), 10)
