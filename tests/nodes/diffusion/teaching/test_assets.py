"""Assets for games: normals, sheets, seams, cut-outs."""

import json

import pytest
import torch

from nodes.diffusion.teaching import assets


def test_a_plain_faces_the_viewer() -> None:
    found = assets.normal_map(torch.full((1, 4, 4), 0.7), 5.0, wraps=True)
    assert found[0, 0, 0].tolist() == pytest.approx([0.5, 0.5, 1.0])


def test_a_slope_up_to_the_right_faces_left_by_its_steepness() -> None:
    heights = torch.linspace(0, 1, 11).expand(1, 11, 11)  # a tenth for each pixel
    normal = assets.normal_map(heights, 10.0, wraps=False)[0, 5, 5] * 2 - 1
    assert normal.tolist() == pytest.approx([-(0.5**0.5), 0.0, 0.5**0.5], abs=1e-5)


def test_green_points_up_or_down() -> None:
    heights = torch.linspace(1, 0, 11).view(1, 11, 1).expand(1, 11, 11)  # high at the top: faces down
    up, down = (assets.normal_map(heights, 10.0, wraps=False, green=green)[0, 5, 5, 1] for green in ("up", "down"))
    assert float(up) == pytest.approx(1 - float(down))
    assert float(up) < 0.5


def test_the_map_of_a_texture_that_repeats_repeats() -> None:
    heights = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(1))
    rolled = assets.normal_map(heights.roll((3, 2), (1, 2)), 4.0, wraps=True)
    assert torch.allclose(rolled, assets.normal_map(heights, 4.0, wraps=True).roll((3, 2), (1, 2)), atol=1e-6)


def test_a_sprite_sheet_holds_each_sprite_where_its_atlas_says() -> None:
    sprites = torch.rand(5, 6, 4, 3, generator=torch.Generator().manual_seed(1))
    sheet, atlas = assets.sprite_sheet(sprites, 3, 2)
    told = json.loads(atlas)
    assert (sheet.shape[2], sheet.shape[1]) == (told["width"], told["height"]) == (16, 14)
    for sprite, frame in zip(sprites, told["frames"], strict=True):
        found = sheet[0, frame["y"] : frame["y"] + frame["h"], frame["x"] : frame["x"] + frame["w"]]
        assert torch.equal(found[..., :3], sprite)
        assert bool((found[..., 3] == 1).all())
    assert float(sheet[..., 3].mean()) < 1  # transparent in between


def test_a_seam_is_seen() -> None:
    wave = torch.sin(torch.arange(32) * 2 * torch.pi / 32).view(1, 1, 32, 1).expand(1, 32, 32, 3) / 2 + 0.5
    ramp = torch.linspace(0, 1, 32).view(1, 1, 32, 1).expand(1, 32, 32, 3)
    assert assets.seam(wave)[0] < 2
    assert assets.seam(ramp)[0] > 20


def test_only_background_that_reaches_the_border_is_cut_away() -> None:
    ring = torch.ones(1, 16, 16, 3)
    ring[:, 4:12, 4:12] = torch.tensor([1.0, 0, 0])
    ring[:, 7:9, 7:9] = 1  # white inside of the red
    alpha = assets.keyed_out(ring, 0.1)[0, ..., 3]
    assert float(alpha[0, 0]) == 0
    assert float(alpha[5, 5]) == 1
    assert float(alpha[8, 8]) == 1
