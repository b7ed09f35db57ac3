"""Nodes that try every combination of two lists and lay the pictures out on a labelled sheet."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import Field
from torch import Tensor

from graph.datatypes import ANY, Socket
from graph.node import Widget, node
from graph.values import AsList
from nodes.diffusion.teaching.sheets import Sheet, contact_sheet
from nodes.learning.numbers_in_text import items, value_of
from nodes.sockets import Image

CATEGORY = "learning/sheets"
Pictures = Annotated[list[Tensor], Socket("IMAGE")]
Values = Annotated[Sequence[object], Socket(ANY), AsList()]
Texts = Annotated[Sequence[str], Socket("STRING"), AsList()]
Lines = Annotated[list[str], Socket("STRING"), Widget(multiline=True)]


class Grid(NamedTuple):
    """Every combination of a row and a column, row by row, and what stands at the sides."""

    row: Annotated[Values, Field(description="The value of the row, for each cell.")]
    column: Annotated[Values, Field(description="The value of the column, for each cell.")]
    row_heads: str
    column_heads: str
    columns: int


@node("Grid", title="Grid of two lists", category=CATEGORY, occupies="instant")
def grid(
    rows: Annotated[str, Field(description="Values separated by commas; numbers are numbers.")] = "1, 3, 7",
    columns: Annotated[str, Field(description="Values separated by commas; numbers are numbers.")] = "4, 8, 16",
    row_name: Annotated[str, Field(description="What rows are called on the sheet.")] = "",
    column_name: Annotated[str, Field(description="What columns are called on the sheet.")] = "",
) -> Grid:
    """Try everything with everything: link row and column to two inputs, and what follows runs once for each cell."""
    down, across = items(rows), items(columns)
    if not down or not across:
        raise ValueError("rows and columns: each needs at least one value, such as 1, 3, 7.")
    cells = [(value_of(row), value_of(column)) for row in down for column in across]
    return Grid(
        [row for row, _ in cells],
        [column for _, column in cells],
        "\n".join(f"{row_name} {row}".strip() for row in down),
        "\n".join(f"{column_name} {column}".strip() for column in across),
        len(across),
    )


@node("ContactSheet", title="Contact sheet", category=CATEGORY, takes_lists=True)
def contact_sheet_node(
    images: Annotated[Pictures, Field(description="Pictures, batches and lists of them.")],
    title: Annotated[list[str], Socket("STRING"), Field(default="", description="Stands above everything.")],
    columns: Annotated[
        list[int],
        Socket("INT"),
        Field(default=0, ge=0, le=64, description="Side by side; 0 makes the sheet about square."),
    ],
    cell: Annotated[
        list[int],
        Socket("INT"),
        Field(default=0, ge=0, le=2048, description="Width of each picture in pixels; 0 keeps it."),
    ],
    labels: Annotated[Lines, Field(default="", description="A list with a text each, or one text with a line each.")],
    column_heads: Annotated[Lines, Field(default="", description="What stands above each column, line by line.")],
    row_heads: Annotated[Lines, Field(default="", description="What stands left of each row, line by line.")],
) -> Image:
    """Lay pictures out in rows and columns, each with a label."""
    every = [image for batch in images for image in batch]
    sheet = Sheet(
        columns=columns[0],
        title=title[0],
        labels=labels if len(labels) > 1 else labels[0].splitlines(),
        column_heads=column_heads[0].splitlines(),
        row_heads=row_heads[0].splitlines(),
        cell=cell[0],
    )
    return contact_sheet(every, sheet)
