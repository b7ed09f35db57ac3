"""The templates that explain diffusion: with the embedded model they make the pictures that their notes speak of.

Runs are short and small: what is checked holds for a model of any quality.
"""

import json

import numpy as np
import pytest
from PIL import Image

from tests.template_house import House, opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("data"))


def test_the_strip_of_the_forward_process_loses_the_picture_from_left_to_right(house: House) -> None:
    files, texts = house.run("forward_process")
    strip = np.asarray(opened(files["Save strip"]).convert("L"), float)
    cells = [strip[52:210, 8 + number * 168 : 8 + number * 168 + 160] for number in range(5)]
    roughness = [float(np.abs(np.diff(cell, axis=1)).mean()) for cell in cells]
    assert roughness == sorted(roughness)
    assert "| 999 | 0.012 | 0.0046601 |" in texts[0]


def test_the_reverse_process_is_a_sheet_and_an_animation(house: House) -> None:
    files, _ = house.run("reverse_process", frames=3, steps=3)
    with Image.open(files["Save animation"]) as animation:
        assert animation.format == "WEBP"
        assert 2 <= animation.n_frames <= 3  # frames that are the same are stored once
    assert opened(files["Save sheet"]).width > 3 * 128


def test_all_schedules_begin_high_and_end_at_nothing(house: House) -> None:
    _, texts = house.run("schedules", steps=12)
    rows = {row.split(",")[0]: [float(each) for each in row.split(",")[1:]] for row in texts[0].splitlines()}
    assert set(rows) >= {"simple", "normal", "karras", "exponential", "beta", "kl_optimal"}
    for sigmas in rows.values():
        assert sigmas == sorted(sigmas, reverse=True)
        assert sigmas[-1] == 0


def test_a_grid_runs_once_for_each_cell_and_each_cell_is_labelled(house: House) -> None:
    files, _ = house.run("guidance_and_steps", rows="1, 5", columns="1, 2")
    sheet = opened(files["Save"])
    assert sheet.width >= 2 * 128
    assert sheet.height >= 2 * (128 + 2 * 16)


def test_decoding_what_was_encoded_gives_nearly_the_same_picture(house: House) -> None:
    files, texts = house.run("latent_tour")
    assert texts[0].count("\n") == 5  # four channels
    assert opened(files["Save"]).width >= 4 * 160


def test_a_seamless_texture_has_no_seam(house: House) -> None:
    files, _ = house.run("seamless_texture")
    texture = np.asarray(opened(files["Save texture"]).convert("RGB"), float)
    for axis in (0, 1):
        steps = np.abs(np.diff(texture, axis=axis)).mean((1 - axis, 2))
        meeting = np.abs(texture.take(0, axis) - texture.take(-1, axis)).mean()
        assert meeting <= steps.max() + 1


def test_pixel_art_has_few_colours_and_large_pixels(house: House) -> None:
    files, _ = house.run("pixel_art", width=48, height=48)
    pixels = np.asarray(opened(files["Save"]).convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) <= 12


def test_the_ends_between_two_seeds_are_the_pictures_of_the_seeds(house: House) -> None:
    alike = {"text": "mountains at sunset", "cfg": 5.0, "sampler_name": "euler", "scheduler": "normal"}
    between, _ = house.run("between_seeds", cell=64, **alike)
    plain, _ = house.run("text_to_image", seed=7, **alike)
    sheet = np.asarray(opened(between["Save"]).convert("RGB"), float)
    alone = np.asarray(opened(plain["Save"]).convert("RGB"), float)
    top = next(row for row in range(24, 60) if sheet[row, 12:60].mean() < 250)
    assert np.abs(sheet[top : top + 64, 8:72] - alone).mean() < 3


def test_icons_have_transparent_backgrounds_and_an_atlas(house: House) -> None:
    files, texts = house.run("sprite_sheet", rows="red circle, blue square")
    sheet = opened(files["Save"])
    assert sheet.mode == "RGBA"
    atlas = json.loads(texts[0])
    assert (atlas["width"], atlas["height"]) == sheet.size
    assert len(atlas["frames"]) == 2


def test_phantoms_are_a_balanced_grey_set_without_copies(house: House) -> None:
    files, texts = house.run("phantoms", per_class=2, side=64)
    assert opened(files["Save the set"]).mode == "I;16"
    manifest = json.loads((files["Save the set"].parents[1] / "manifest.json").read_text(encoding="utf-8"))
    classes = [item["class"] for item in manifest["items"]]
    assert sorted(map(classes.count, set(classes))) == [2] * 5
    assert "features: autoencoder, 64 numbers" in texts[0]
    assert "0 of 10 pictures are as good as copies" in texts[1]
