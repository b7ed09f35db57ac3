"""The judge passes what the scene generator draws, and only that."""

import numpy as np
import pytest
from PIL import Image

from nodes.diffusion.training.adherence import FiguresExpected, SceneExpected, score_picture
from nodes.diffusion.training.prompts import expectation_of
from nodes.diffusion.training.scenes import render

CIRCLE = FiguresExpected("blue", (("red", "circle"),))


@pytest.mark.parametrize("family", ["shape", "shapes"])
def test_real_drawings_pass(family):
    scenes = [render(seed, family=family, styled=False) for seed in range(555_000, 555_060)]
    verdicts = [score_picture(scene.image, expectation_of(scene.meta))["all"] for scene in scenes]
    assert np.mean(verdicts) >= 0.98


@pytest.mark.parametrize("family", ["shape", "shapes"])
def test_the_drawing_of_another_prompt_fails(family):
    scenes = [render(seed, family=family, styled=False) for seed in range(555_000, 555_030)]
    others = scenes[1:] + scenes[:1]
    pairs = zip(scenes, others, strict=True)
    passed = [score_picture(scene.image, expectation_of(other.meta))["all"] for scene, other in pairs]
    assert np.mean(passed) < 0.1


def test_the_verdict_names_what_is_wrong():
    scene = next(
        scene
        for seed in range(10_000)
        if (scene := render(seed, family="shape", styled=False)).meta["shape"] == "square"
        and scene.meta["bg"] == "blue"
    )
    verdict = score_picture(scene.image, CIRCLE)
    assert verdict["background"]
    assert verdict["count"]
    assert not verdict["shape"]
    assert not verdict["all"]


def test_an_empty_picture_shows_nothing():
    verdict = score_picture(Image.new("RGB", (128, 128), (42, 88, 216)), CIRCLE)
    assert verdict == {"background": True, "count": False, "colour": False, "shape": False, "all": False}


@pytest.mark.parametrize(
    ("family", "style", "look"),
    [
        ("castle", "gray", "colourless"),
        ("house", "sketch", "sketch"),
        ("face", "neon", "neon"),
        ("mountains", "pixel", "pixels"),
    ],
)
def test_styles_are_recognised(family, style, look):
    expected = SceneExpected((look,))
    styled = [render(seed, family=family, styled=style).image for seed in range(900, 920)]
    plain = [render(seed, family=family, styled=False).image for seed in range(900, 920)]
    assert np.mean([score_picture(picture, expected)["all"] for picture in styled]) >= 0.9
    assert np.mean([score_picture(picture, expected)["all"] for picture in plain]) <= 0.2


def test_night_is_dark_and_colours_are_seen():
    nights = [scene for seed in range(60) if "night" in (scene := render(seed, family="city", styled=False)).caption]
    assert np.mean([score_picture(scene.image, SceneExpected(("dark",)))["all"] for scene in nights]) >= 0.9
    cars = [scene for seed in range(60) if "a red car" in (scene := render(seed, family="car", styled=False)).caption]
    assert all(score_picture(scene.image, SceneExpected((), ("red",)))["all"] for scene in cars)
