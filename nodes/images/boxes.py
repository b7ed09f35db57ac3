"""Nodes that make boxes on pictures and draw them."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import torch
from pydantic import Field

from graph.context import Context
from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.diffusion.pictures import boxes
from nodes.images.arranging import BoundingBox
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Image

Side = Annotated[int, Field(ge=1, le=MAX_RESOLUTION)]
Place = Annotated[int, Field(ge=0, le=MAX_RESOLUTION)]
CanvasSide = Annotated[int, Field(ge=64, le=16384, multiple_of=16)]
Drawn = Annotated[Sequence[Any], Socket("BOUNDING_BOXES")]  # JSON: boxes with metadata
NOTHING_SEEN = 640
"""Pixels along a side of a picture without anything, where boxes say no size."""


class CreatedBoxes(NamedTuple):
    """Boxes, seen and in both ways of writing."""

    preview: Annotated[Image, Field(description="The boxes with their numbers and descriptions.")]
    bboxes: Annotated[Sequence[Any], Socket("BOUNDING_BOX"), Field(description="Boxes in pixels, a list a picture.")]
    elements: Annotated[Sequence[Any], Socket("ARRAY"), Field(description="Boxes as models of layouts read them.")]


class DrawnBoxes(NamedTuple):
    """Pictures with boxes."""

    out_image: Image


@node("PrimitiveBoundingBox", title="Bounding box", category="utils/primitive", occupies="instant")
def bounding_box(
    x: Annotated[Place, Field(description="Distance from the left, in pixels.")] = 0,
    y: Annotated[Place, Field(description="Distance from the top, in pixels.")] = 0,
    width: Annotated[Side, Field(description="Width in pixels.")] = 512,
    height: Annotated[Side, Field(description="Height in pixels.")] = 512,
) -> BoundingBox:
    """Make a box of four numbers, such as for cropping."""
    return {"x": x, "y": y, "width": width, "height": height}


@node("CreateBoundingBoxes", title="Create bounding boxes", category="utils", output=True, experimental=True)
def create_bounding_boxes(
    background: Annotated[Image | None, Field(description="A picture below the boxes.")] = None,
    bboxes: Annotated[
        Any | None,  # whatever the three types hold
        Socket("BOUNDING_BOX,ARRAY,STRING"),
        Field(description="Boxes, elements or their JSON; new ones take the place of what was drawn."),
    ] = None,
    width: Annotated[CanvasSide, Field(description="Width that boxes are counted in, in pixels.")] = 1024,
    height: Annotated[CanvasSide, Field(description="Height that boxes are counted in, in pixels.")] = 1024,
    editor_state: Annotated[Drawn, Field(description="What was drawn: boxes with their descriptions.")] = (),
    last_incoming: Annotated[
        Drawn, Widget(optional=True), Field(description="The boxes that what was drawn began with.")
    ] = (),
    *,
    ctx: Context,
) -> CreatedBoxes:
    """Describe boxes on a picture, for models that draw by layouts: what, in which words and in which colours."""
    incoming = boxes.boxes_of(bboxes, width, height)
    chosen = incoming if incoming and incoming != list(last_incoming) else boxes.boxes_of(editor_state, width, height)
    seen = boxes.preview(chosen, width, height, background)
    in_pixels = [{name: round(each[name]) for name in boxes.SIDES} for each in chosen]
    elements = [boxes.element_of(each, width, height) for each in chosen]
    ctx.show(dims=[width, height], input_bboxes=incoming, text=[json.dumps(elements, ensure_ascii=False)])
    return CreatedBoxes(seen, [in_pixels] if in_pixels else [], elements)


@node("DrawBBoxes", title="Draw bounding boxes", category="image")
def draw_bounding_boxes(
    bboxes: Annotated[
        Any, Socket("BOUNDING_BOX"), Field(description="One box, boxes for all pictures, or a list for each picture.")
    ],
    image: Annotated[Image | None, Field(description="What they lie on; black without one.")] = None,
) -> DrawnBoxes:
    """Draw boxes with their labels on pictures."""
    if image is None:
        lists = boxes.by_picture(bboxes, max(1, len(bboxes)) if _is_by_picture(bboxes) else 1)
        sides = [
            [int(each[at] + each[side]) for one in lists for each in one]
            for at, side in (("x", "width"), ("y", "height"))
        ]
        width, height = (max(each, default=NOTHING_SEEN) for each in sides)
        image = torch.zeros(len(lists), max(1, height), max(1, width), 3)
    return DrawnBoxes(boxes.draw(image, boxes.by_picture(bboxes, len(image))))


def _is_by_picture(bboxes: Any) -> bool:
    return isinstance(bboxes, Sequence) and bool(bboxes) and isinstance(bboxes[0], Sequence)
