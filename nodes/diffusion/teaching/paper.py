"""Paper to draw figures on: Pillow's canvas, its letters, and colours that can be told apart."""

import numpy
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

INK, FAINT, WHITE = (32, 36, 44), (216, 220, 226), (255, 255, 255)
COLOURS = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (110, 70, 30),
    (120, 120, 120),
    (90, 30, 130),
    (180, 20, 40),
)
"""Colours of lines; the first of them can be told apart by everybody (Okabe and Ito, 2008)."""
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(size: int) -> Font:
    """Letters of a height in pixels; the font comes with Pillow."""
    return ImageFont.load_default(size)


def sheet_of(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """White paper, and a pen for it."""
    paper = Image.new("RGB", (width, height), WHITE)
    return paper, ImageDraw.Draw(paper)


def fitted(text: str, letters: Font, width: int) -> str:
    """The beginning of a text that fits into a width in pixels; an ellipsis says that it goes on."""
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def to_tensor(paper: Image.Image) -> Tensor:
    """A drawing as a picture (1, height, width, 3) in 0..1."""
    return torch.from_numpy(numpy.asarray(paper.convert("RGB")).copy()).float().div(255).unsqueeze(0)
