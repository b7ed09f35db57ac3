"""Captions read as English."""

from random import Random

import pytest

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import article, describe_outdoors, plural, tidy
from nodes.diffusion.training.scenes.sky import TIMES, paint_sky


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a orange  car", "an orange car"),
        ("on a underwater scene", "on an underwater scene"),
        ("a ufo", "a ufo"),
        ("a red car", "a red car"),
    ],
)
def test_tidy_corrects_articles_and_spaces(written: str, read: str) -> None:
    assert tidy(written) == read


def test_articles_and_plurals_follow_the_word() -> None:
    assert (article("orange"), article("blue")) == ("an", "a")
    assert [plural(shape) for shape in ("star", "cross", "crescent")] == ["stars", "crosses", "crescents"]


@pytest.mark.parametrize("time", TIMES)
def test_an_outdoor_caption_starts_with_its_subject(time: str) -> None:
    for seed in range(20):
        rng = Random(seed)
        sky = paint_sky(Canvas(16, 16), rng, 60, time=time)
        assert sky.time == time
        assert describe_outdoors(rng, "a house", sky, ["in winter"]).startswith("a house")
