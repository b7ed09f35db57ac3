import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.upscaling import tiling
from nodes.diffusion.upscaling.tiling import OVERLAP, by_tiles, cut, first_size, upscale


class Twice:
    """Doubles every pixel; fails for tiles beyond `limit`."""

    device, scale = torch.device("cpu"), 2

    def __init__(self, limit=10**6, need=1):
        self.limit, self.need, self.seen = limit, need, []

    def enlarge(self, pictures):
        self.seen.append(tuple(pictures.shape[-2:]))
        if max(pictures.shape[-2:]) > self.limit:
            raise torch.OutOfMemoryError("no")
        return F.interpolate(pictures, scale_factor=2.0)

    def bytes_per_pixel(self):
        return self.need


PICTURE = torch.rand(2, 3, 100, 150, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("size", [64, 100, 512])
def test_what_looks_at_single_pixels_is_the_same_in_tiles(size):
    found = by_tiles(Twice().enlarge, PICTURE, size, 2)
    torch.testing.assert_close(found, F.interpolate(PICTURE, scale_factor=2.0))


def test_tiles_cover_everything_and_overlap():
    tiles = list(cut(100, 150, 64))
    seen = torch.zeros(100, 150)
    for tile in tiles:
        seen[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] += 1
    assert seen.min() >= 1
    assert {tile.top for tile in tiles} == {0, 32, 64}
    assert {tile.left for tile in tiles} == {0, 32, 64, 96}
    assert all(64 - OVERLAP == 32 for _ in tiles)
    assert len(list(cut(64, 64, 64))) == 1


def test_seams_are_blended():
    """Each tile of another brightness: nowhere may it jump by more than a ramp's step."""
    brightness = iter(range(100))

    def enlarge(pictures):
        return torch.full(pictures.shape, float(next(brightness)))

    found = by_tiles(enlarge, torch.zeros(1, 1, 64, 160), 64, 1)
    steps = found.diff(dim=-1).abs()
    assert steps.max() <= 1.0 / (OVERLAP / 4)


def test_where_memory_runs_out_tiles_become_smaller():
    twice = Twice(limit=128)
    found = upscale(twice, torch.rand(1, 300, 300, 3))
    assert found.shape == (1, 600, 600, 3)
    assert twice.seen[0] == (300, 300)
    assert max(twice.seen[-1]) <= 128


def test_where_not_even_the_smallest_fits_the_error_says_what_to_do():
    with pytest.raises(DiffusionError, match=r"64 x 64 pixels.*smaller upscaler"):
        upscale(Twice(limit=8), torch.rand(1, 100, 100, 3))


def test_the_first_size_follows_the_free_memory(monkeypatch):
    monkeypatch.setattr(tiling, "available_bytes", lambda device: 1_000_000)
    assert first_size(Twice(need=1)) == 512
    assert first_size(Twice(need=10)) == 256
    assert first_size(Twice(need=10**9)) == 64


def test_grey_and_transparent_pictures_are_enlarged_in_colour():
    assert upscale(Twice(), torch.rand(1, 8, 8, 1)).shape == (1, 16, 16, 3)
    assert upscale(Twice(), torch.rand(1, 8, 8, 4)).shape == (1, 16, 16, 3)


def test_each_tile_is_told():
    told = []
    by_tiles(Twice().enlarge, PICTURE, 64, 2, lambda done, of: told.append((done, of)))
    assert told == [(number, 24) for number in range(1, 25)]
