"""What prompts ask for, and scores of drawings that show it or do not."""

import pytest
from PIL import Image, ImageDraw

from nodes.diffusion.teaching.asking import adherence, asked_by
from nodes.diffusion.training.adherence import FiguresExpected, SceneExpected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red circle on a white background", FiguresExpected("white", (("red", "circle"),))),
        ("A crimson disk on a grey background!", FiguresExpected("gray", (("red", "circle"),))),
        ("three blue stars on a yellow background", FiguresExpected("yellow", (("blue", "star"),) * 3)),
        (
            "a red circle to the left of a blue square",
            FiguresExpected(None, (("red", "circle"), ("blue", "square")), relation="left"),
        ),
        ("a green heart at the top", FiguresExpected(None, (("green", "heart"),), position="top")),
        ("a red car", SceneExpected(colours=("red",))),
        ("", SceneExpected()),
    ],
)
def test_prompts_are_read(prompt: str, expected: object) -> None:
    assert asked_by(prompt) == expected


def drawing(colour: str = "red", background: str = "white") -> Image.Image:
    picture = Image.new("RGB", (128, 128), background)
    ImageDraw.Draw(picture).ellipse((30, 30, 98, 98), colour)
    return picture


def test_a_picture_that_shows_everything_scores_1() -> None:
    assert adherence(drawing(), "a red circle on a white background")[0] == 1.0


def test_each_thing_that_is_missing_costs_its_share_and_is_named() -> None:
    score, verdict = adherence(drawing(), "a blue circle on a white background")
    assert 0 < score < 1
    assert not verdict["colour"]
    assert verdict["shape"]
    assert verdict["background"]


def test_a_prompt_that_asks_for_nothing_known_is_fulfilled() -> None:
    assert adherence(drawing(), "something nice") == (1.0, {})
