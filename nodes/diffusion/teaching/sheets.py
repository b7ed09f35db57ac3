"""Contact sheets: pictures in rows and columns, each with a label."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PIL import Image, ImageDraw
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.files.picture_files import to_picture
from nodes.diffusion.teaching.paper import INK, fitted, font, sheet_of, to_tensor

GAP = 8
LETTERS = 12
LINE = 16
"""Height of a line of text, in pixels."""
MOST_PIXELS = 64 * 2**20
SMALLEST_CELL = 32


@dataclass(frozen=True)
class Sheet:
    """How a contact sheet looks.

    Attributes:
        columns: how many pictures stand side by side; 0 makes the sheet about square.
        title: above everything.
        labels: below each picture, lines and all; those that are missing are empty.
        column_heads: above each column.
        row_heads: left of each row.
        cell: pictures are brought to this width in pixels; 0 keeps them as they are, as long as the sheet does not
            become too large.
    """

    columns: int = 0
    title: str = ""
    labels: Sequence[str] = ()
    column_heads: Sequence[str] = ()
    row_heads: Sequence[str] = ()
    cell: int = 0


def contact_sheet(images: Sequence[Tensor], sheet: Sheet) -> Tensor:
    """Draw pictures (height, width, channels) onto one sheet (1, height, width, 3).

    Raises:
        DiffusionError: there is no picture, or the sheet would be too large.
    """
    if not len(images):
        raise DiffusionError("A contact sheet needs at least one picture.")
    sheet, grid = _fitting(images, sheet)
    paper, pen = sheet_of(grid.width, grid.height)
    for number, image in enumerate(images):
        paper.paste(_sized(to_picture(image).convert("RGB"), _size(image, sheet.cell)), grid.place(number))
        _write_lines(pen, grid, number)
    _write_heads(pen, grid)
    return to_tensor(paper)


def _fitting(images: Sequence[Tensor], sheet: Sheet) -> "tuple[Sheet, _Grid]":
    """The sheet and its grid. Pictures that may keep their size are made smaller where it would be too large."""
    may_shrink, grid = not sheet.cell, _Grid.of([_size(image, sheet.cell) for image in images], sheet)
    while may_shrink and grid.width * grid.height > MOST_PIXELS and grid.cell[0] > SMALLEST_CELL:
        sheet = replace(sheet, cell=grid.cell[0] * 3 // 4)
        grid = _Grid.of([_size(image, sheet.cell) for image in images], sheet)
    if grid.width * grid.height > MOST_PIXELS:
        raise DiffusionError(
            f"The sheet would have {grid.width} x {grid.height} pixels. Make the pictures smaller with `cell`."
        )
    return sheet, grid


def _size(image: Tensor, cell: int) -> tuple[int, int]:
    """Width and height on the sheet."""
    height, width = image.shape[:2]
    return (cell, max(1, round(height * cell / width))) if cell else (width, height)


def _sized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    is_exact = size[0] % picture.width == 0
    return picture.resize(size, Image.Resampling.NEAREST if is_exact else Image.Resampling.LANCZOS)


@dataclass(frozen=True)
class _Grid:
    """Where everything stands."""

    sheet: Sheet
    columns: int
    rows: int
    cell: tuple[int, int]
    """Width and height of the largest picture."""
    lines: int
    """Of the longest label."""
    left: int
    top: int
    labels: Sequence[str] = field(default=())

    @classmethod
    def of(cls, sizes: Sequence[tuple[int, int]], sheet: Sheet) -> "_Grid":
        columns = min(len(sizes), sheet.columns or math.ceil(math.sqrt(len(sizes))))
        labels = [*sheet.labels[: len(sizes)], *[""] * (len(sizes) - len(sheet.labels))]
        heads = max((font(LETTERS).getlength(each) for each in sheet.row_heads), default=-GAP)
        return cls(
            sheet,
            columns,
            math.ceil(len(sizes) / columns),
            (max(width for width, _ in sizes), max(height for _, height in sizes)),
            max((len(each.splitlines()) for each in labels), default=0),
            GAP + math.ceil(heads) + GAP,
            GAP + (24 if sheet.title else 0) + (LINE + 2 if sheet.column_heads else 0),
            labels,
        )

    @property
    def step(self) -> tuple[int, int]:
        """From one cell to the next."""
        return self.cell[0] + GAP, self.cell[1] + self.lines * LINE + GAP

    @property
    def width(self) -> int:
        return max(self.left + self.columns * self.step[0], math.ceil(font(15).getlength(self.sheet.title)) + 2 * GAP)

    @property
    def height(self) -> int:
        return self.top + self.rows * self.step[1]

    def place(self, number: int) -> tuple[int, int]:
        """Where a picture begins."""
        row, column = divmod(number, self.columns)
        return self.left + column * self.step[0], self.top + row * self.step[1]


def _write_lines(pen: ImageDraw.ImageDraw, grid: _Grid, number: int) -> None:
    letters = font(LETTERS)
    x, y = grid.place(number)
    for line, text in enumerate(grid.labels[number].splitlines()):
        pen.text((x, y + grid.cell[1] + 1 + line * LINE), fitted(text, letters, grid.cell[0]), INK, letters)


def _write_heads(pen: ImageDraw.ImageDraw, grid: _Grid) -> None:
    letters = font(LETTERS)
    pen.text((GAP, GAP - 2), grid.sheet.title, INK, font(15))
    for column, text in enumerate(grid.sheet.column_heads[: grid.columns]):
        x, y = grid.place(column)
        pen.text((x, y - LINE), fitted(text, letters, grid.cell[0]), INK, letters)
    for row, text in enumerate(grid.sheet.row_heads[: grid.rows]):
        x, y = grid.place(row * grid.columns)
        pen.text((GAP, y + grid.cell[1] // 2), text, INK, letters, anchor="lm")
