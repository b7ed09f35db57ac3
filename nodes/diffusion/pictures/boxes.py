"""Boxes on pictures: read from what graphs hold, written as what models of layouts read, and drawn.

A box is `{"x", "y", "width", "height"}` in pixels, perhaps with a `label`, a `score` and `metadata`. The metadata of a
box that somebody described are its `type` (`text` or `obj`), its `text`, its `desc` and its `palette` of colours.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.files.picture_files import to_picture
from nodes.diffusion.pictures.colour_texts import read_colour
from nodes.diffusion.pictures.imaging import solid
from nodes.diffusion.teaching.paper import to_tensor

Box = Mapping[str, Any]
GRID = 1000
"""Units along a side in which elements are placed."""
COLOURS = ((255, 0, 0), (0, 200, 0), (0, 0, 255), (255, 165, 0), (128, 0, 128), (0, 255, 255), (255, 20, 147))
GREY = (140, 140, 140)
DIMMED = 0.25
LONGEST_PREVIEW = 1024
MOST_COLOURS = 5
SIDES = ("x", "y", "width", "height")


def boxes_of(data: Any, width: int, height: int) -> list[Box]:
    """Boxes in pixels, from boxes, elements or their JSON; of several pictures, those of the first.

    Args:
        data: what a graph holds; None holds none.
        width: of the picture, in pixels.
        height: of the picture, in pixels.

    Raises:
        DiffusionError: it is something else.
    """
    if isinstance(data, str):
        data = _from_json(data)
    if isinstance(data, Mapping):
        data = [data]
    if data and isinstance(data[0], Sequence) and not isinstance(data[0], str):
        data = data[0]
    return [_box(each, width, height) for each in data or ()]


def by_picture(data: Any, count: int) -> list[list[Box]]:
    """The boxes of each of so many pictures; one list of boxes is for all of them."""
    if isinstance(data, Mapping):
        data = [data]
    if not data or isinstance(data[0], Mapping):
        return [list(data or ())] * count
    lists = [list(each) for each in data]
    return lists * count if len(lists) == 1 else [*lists, *[[]] * count][:count]


def element_of(box: Box, width: int, height: int) -> dict[str, Any]:
    """A box as models of layouts read it: `bbox` is top, left, bottom and right in thousandths of the picture."""
    known = box.get("metadata") or {}
    left, top, right, bottom = _corners(box)
    shares = (top / height, left / width, bottom / height, right / width)
    kind = "text" if known.get("type") == "text" else "obj"
    element: dict[str, Any] = {"type": kind, "bbox": [_on_grid(each) for each in shares]}
    if kind == "text":
        element["text"] = known.get("text", "")
    element["desc"] = known.get("desc", "")
    if known.get("palette"):
        element["color_palette"] = list(known["palette"])[:MOST_COLOURS]
    return element


def draw(image: Tensor, boxes: Sequence[Sequence[Box]]) -> Tensor:
    """Pictures (batch, height, width, 3) with the outlines and labels of their boxes."""
    labels = sorted({str(each["label"]) for one in boxes for each in one if each.get("label")})
    drawn = []
    for picture, own in zip(image, boxes, strict=True):
        paper = to_picture(picture[..., :3])
        pen = ImageDraw.Draw(paper)
        for box in sorted(own, key=lambda each: float(each.get("score", 1.0))):
            label = str(box.get("label") or "")
            colour = COLOURS[labels.index(label) % len(COLOURS)] if label else COLOURS[0]
            pen.rectangle(_corners(box), outline=colour, width=3)
            if label:
                text = f"{label} {float(box.get('score', 1.0)):.2f}"
                pen.text((box["x"] + 2, box["y"] + 2), text, fill=colour, font=ImageFont.load_default(16))
        drawn.append(to_tensor(paper))
    return torch.cat(drawn)


def preview(boxes: Sequence[Box], width: int, height: int, background: Tensor | None) -> Tensor:
    """Numbered boxes and their descriptions on a dimmed picture (1, height, width, 3), 1024 pixels a side at most."""
    paper = to_picture((solid(width, height, 1, 0x808080) if background is None else background[..., :3])[0])
    shrink = min(1.0, LONGEST_PREVIEW / max(paper.size))
    paper = paper.resize(
        (max(1, round(paper.width * shrink)), max(1, round(paper.height * shrink))), Image.Resampling.LANCZOS
    )
    paper = ImageEnhance.Brightness(paper).enhance(DIMMED)
    pen, size = ImageDraw.Draw(paper), max(10, round(paper.height / 64))
    across, down = paper.width / width, paper.height / height
    for number, box in enumerate(boxes, start=1):
        left, top, right, bottom = _corners(box)
        known = box.get("metadata") or {}
        colour = read_colour(known["palette"][0])[:3] if known.get("palette") else GREY
        place = left * across, top * down
        pen.rectangle((*place, right * across, bottom * down), outline=colour, width=2)
        said = " ".join(filter(None, (f"{number:02}", known.get("text"), known.get("desc"))))
        pen.text((place[0] + 4, place[1] + 2), said, fill=(255, 255, 255), font=ImageFont.load_default(size))
    return to_tensor(paper)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text) if text.strip() else []
    except ValueError as error:
        raise DiffusionError(f'bboxes: the text is no JSON ({error}). Write boxes as [{{"x": 0, …}}].') from error


def _box(each: Any, width: int, height: int) -> Box:
    if isinstance(each, Mapping) and all(isinstance(each.get(name), int | float) for name in SIDES):
        known = {"metadata": each["metadata"]} if isinstance(each.get("metadata"), Mapping) else {}
        return {**{name: each[name] for name in SIDES}, **known}
    if isinstance(each, Mapping) and len(each.get("bbox") or ()) == len(SIDES):
        top, left, bottom, right = (float(side) / GRID for side in each["bbox"])
        known = {"type": each.get("type", "obj"), "text": each.get("text", ""), "desc": each.get("desc", "")}
        return {
            "x": round(min(left, right) * width),
            "y": round(min(top, bottom) * height),
            "width": round(abs(right - left) * width),
            "height": round(abs(bottom - top) * height),
            "metadata": {**known, "palette": each.get("color_palette") or []},
        }
    raise DiffusionError(
        f"bboxes: {str(each)[:80]} is no box. A box has x, y, width and height; an element has a bbox of four numbers."
    )


def _corners(box: Box) -> tuple[float, float, float, float]:
    left, right = sorted((float(box["x"]), float(box["x"] + box["width"])))
    top, bottom = sorted((float(box["y"]), float(box["y"] + box["height"])))
    return left, top, right, bottom


def _on_grid(share: float) -> int:
    return max(0, min(GRID, round(share * GRID)))
