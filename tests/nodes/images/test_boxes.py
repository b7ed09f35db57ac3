"""Boxes: what graphs hold becomes boxes in pixels, elements of layouts, and lines on pictures."""

import json
from typing import Any

import pytest
import torch

from graph.context import Context
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.pictures.boxes import SIDES, boxes_of, by_picture, element_of
from nodes.images.arranging import image_crop_v2
from nodes.images.boxes import bounding_box, create_bounding_boxes, draw_bounding_boxes

DUCK = {
    "x": 192,
    "y": 384,
    "width": 288,
    "height": 352,
    "metadata": {"type": "text", "text": "Duck", "desc": "a rubber duck", "palette": ["#ffcc00"]},
}
PLAIN = {"x": 1, "y": 2, "width": 3, "height": 4}


def test_a_box_cuts_a_picture() -> None:
    box = bounding_box(2, 1, 3, 4)
    assert box == {"x": 2, "y": 1, "width": 3, "height": 4}
    assert image_crop_v2(torch.zeros(1, 8, 8, 3), box).shape == (1, 4, 3, 3)


@pytest.mark.parametrize("data", [PLAIN, [PLAIN], [[PLAIN], [DUCK]], json.dumps([PLAIN]), json.dumps(PLAIN)])
def test_boxes_are_read_from_whatever_a_graph_holds(data: Any) -> None:
    assert boxes_of(data, 10, 10) == [PLAIN]


def test_nothing_holds_no_boxes() -> None:
    assert [boxes_of(each, 10, 10) for each in (None, "", [], "[]")] == [[]] * 4


def test_elements_and_boxes_turn_into_each_other() -> None:
    element = element_of(DUCK, 1024, 1024)
    assert element == {
        "type": "text",
        "bbox": [375, 188, 719, 469],
        "text": "Duck",
        "desc": "a rubber duck",
        "color_palette": ["#ffcc00"],
    }
    (again,) = boxes_of([element], 1024, 1024)
    assert {name: again[name] for name in SIDES} == {"x": 193, "y": 384, "width": 288, "height": 352}
    assert again["metadata"] == DUCK["metadata"]
    assert element_of(PLAIN, 10, 10) == {"type": "obj", "bbox": [200, 100, 600, 400], "desc": ""}


@pytest.mark.parametrize("data", ["no JSON", [{"x": 1}], [7], [{"bbox": [1, 2]}]])
def test_other_things_are_refused(data: Any) -> None:
    with pytest.raises(DiffusionError, match="bboxes"):
        boxes_of(data, 10, 10)


def test_boxes_that_arrive_take_the_place_of_what_was_drawn() -> None:
    drawn, arrived = (
        create_bounding_boxes(editor_state=[DUCK], ctx=Context()),
        create_bounding_boxes(bboxes=[PLAIN], editor_state=[DUCK], ctx=Context()),
    )
    assert drawn.bboxes == [[{name: DUCK[name] for name in ("x", "y", "width", "height")}]]
    assert drawn.elements == [element_of(DUCK, 1024, 1024)]
    assert arrived.bboxes == [[PLAIN]]
    kept = create_bounding_boxes(bboxes=[PLAIN], editor_state=[DUCK], last_incoming=[PLAIN], ctx=Context())
    assert kept.bboxes == drawn.bboxes
    assert create_bounding_boxes(ctx=Context()).bboxes == []


def test_the_preview_shows_boxes_over_the_dimmed_picture() -> None:
    background = torch.ones(1, 64, 128, 3)
    box = {**DUCK, "x": 64, "y": 32, "width": 64, "height": 64}
    context = Context()
    seen = create_bounding_boxes(background, width=256, height=128, editor_state=[box], ctx=context).preview
    assert context.shown["dims"] == [256, 128]
    assert seen.shape == (1, 64, 128, 3)
    assert float(seen[0, 0, 0, 0]) == pytest.approx(0.25, abs=0.01)
    torch.testing.assert_close(seen[0, 40, 32], torch.tensor([1.0, 0.8, 0.0]), atol=0.01, rtol=0)


def test_boxes_are_drawn_on_their_own_pictures() -> None:
    image = torch.zeros(2, 32, 32, 3)
    box = {"x": 4, "y": 4, "width": 20, "height": 20}
    found = draw_bounding_boxes([[box], []], image).out_image
    assert found[0, 4, 14].tolist() == [1.0, 0.0, 0.0]
    assert not found[0, 14, 14].any()
    assert not found[1].any()
    both = draw_bounding_boxes(box, image).out_image
    assert torch.equal(both[0], both[1])
    assert draw_bounding_boxes([{**box, "label": "cat", "score": 0.5}], image).out_image.any()


def test_without_a_picture_boxes_say_the_size() -> None:
    assert draw_bounding_boxes([[{"x": 4, "y": 4, "width": 20, "height": 10}]]).out_image.shape == (1, 14, 24, 3)
    assert draw_bounding_boxes([]).out_image.shape == (1, 640, 640, 3)


def test_missing_lists_are_empty() -> None:
    assert by_picture([[PLAIN], []], 3) == [[PLAIN], [], []]
    assert by_picture([[PLAIN]], 2) == [[PLAIN], [PLAIN]]
