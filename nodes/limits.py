"""Limits that many inputs share."""

from typing import Annotated

from pydantic import Field

MAX_RESOLUTION = 16384
"""Pixels a side."""
Pixels = Annotated[int, Field(ge=0, le=MAX_RESOLUTION, multiple_of=1)]
"""A length or a position in a picture."""
Cells = Annotated[int, Field(ge=0, le=MAX_RESOLUTION, multiple_of=8)]
"""A length or a position in a picture whose latent has one cell for eight pixels; in pixels."""
BatchSize = Annotated[int, Field(ge=1, le=4096)]
"""How many pictures or latents there are in a batch."""
