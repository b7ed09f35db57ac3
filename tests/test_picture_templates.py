"""The templates that make and change pictures: each does to the picture what its note says."""

import numpy as np
import pytest
from PIL import Image

from nodes.diffusion.training.adherence import FiguresExpected, score_picture
from nodes.diffusion.training.edge_agreement import agreement, edges_of
from tests.template_house import FULL, House, opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("data"))


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"), float)


def shows(picture: Image.Image, background: str, *figures: tuple[str, str]) -> bool:
    return score_picture(picture.convert("RGB"), FiguresExpected(background, figures))["all"]


def test_the_freer_the_hand_the_further_a_redrawn_picture_is_from_the_first(house: House) -> None:
    _, texts = house.run("image_to_image", steps=4, rows="0.1, 0.5, 1")
    decibels = [float(text.split()[1]) for text in texts]
    assert decibels == sorted(decibels, reverse=True)
    assert decibels[0] > decibels[-1] + 3


def test_a_controlnet_keeps_the_outlines_of_another_picture(house: House) -> None:
    found = {}
    for strength in (0.0, 1.0):
        files, _ = house.run("edges_to_picture", strength=strength, rows="three red stars on white", **FULL)
        wanted = pixels(opened(files["Save edges"]))[..., 0] / 255
        found[strength] = agreement(edges_of(opened(files["Save pictures"])), wanted.astype(np.float32))
    assert found[1.0] > 0.8, found
    assert found[1.0] > found[0.0] + 0.2, found


def test_inpainting_changes_the_masked_half_and_keeps_the_other(house: House) -> None:
    files, _ = house.run("inpaint", steps=20, width=None, height=None)
    both = pixels(opened(files["Save comparison"]))
    before, after = both[:, :128], both[:, -128:]
    changes = np.abs(before - after).mean((0, 2))
    assert changes[:48].max() < 4
    assert changes[72:].max() > 20
    assert shows(opened(files["Save"]), "yellow", ("red", "heart"), ("blue", "star"))


def test_outpainting_keeps_every_old_pixel_and_paints_on(house: House) -> None:
    files, _ = house.run("outpainting")
    wide, comparison = pixels(opened(files["Save"])), pixels(opened(files["Save comparison"]))
    assert wide.shape == (64, 128, 3)
    assert np.array_equal(wide[:, 32 + 24 : 96 - 24], comparison[:, 24 : 64 - 24])
    grey = np.full((64, 24, 3), 127.5)
    for side in (wide[:, :24], wide[:, -24:]):
        assert np.abs(side - grey).mean() > 10


def test_two_regions_follow_their_prompts(house: House) -> None:
    files, _ = house.run("two_regions", steps=20, width=None, height=None)
    picture = opened(files["Save"])
    assert shows(picture.crop((0, 0, 108, 128)), "white", ("red", "heart"))
    assert shows(picture.crop((148, 0, 256, 128)), "blue", ("yellow", "star"))


def test_the_hires_fix_draws_one_thing_where_the_full_size_at_once_does_not(house: House) -> None:
    files, _ = house.run("hires_fix", steps=20, width=None, height=None)
    both = opened(files["Save comparison"])
    at_once, fixed = both.crop((0, 0, 256, 256)), both.crop((264, 0, 520, 256))
    assert shows(fixed.resize((128, 128)), "white", ("red", "heart"))
    assert not shows(at_once.resize((128, 128)), "white", ("red", "heart"))


def test_a_tiled_upscale_keeps_the_picture_and_shows_no_border_of_a_tile(house: House) -> None:
    files, _ = house.run("tiled_upscale", steps=4, width=None, height=None)
    both = pixels(opened(files["Save comparison"]))
    bicubic, tiled = both[:, :256], both[:, 264:]
    assert np.abs(bicubic - tiled).mean() < 12
    plain = tiled[:48]  # above the thing, where nothing but a border could be seen
    steps = np.abs(np.diff(plain, axis=1)).mean((0, 2))
    assert max(steps[column - 1] for column in (64, 128, 192)) < 1.5


def test_custom_sampling_draws_what_the_prompt_says(house: House) -> None:
    files, _ = house.run("custom_sampling", **FULL)
    assert shows(opened(files["Save"]), "black", *[("yellow", "star")] * 3)


def test_a_sprite_is_opaque_in_the_middle_and_transparent_at_the_border(house: House) -> None:
    files, _ = house.run("transparent_sprite", **FULL)
    alpha = np.asarray(opened(files["Save"]).getchannel("A"))
    assert not np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]]).any()
    assert 0.1 < (alpha > 128).mean() < 0.6
