"""Nodes that say which words belong where: GLIGEN."""

from typing import Annotated

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.conditioning.text_encoding import PROMPT_HELP, Prompt, encoded_text, texts_change
from nodes.diffusion.control.grounding import CELL, GROUNDING, Place
from nodes.diffusion.control.grounding_network import GroundingFile, GroundingHandle, open_grounding
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.models import ModelRegistry
from nodes.limits import Cells
from nodes.sockets import Clip, Conditioning

Gligen = Annotated[GroundingHandle, Socket("GLIGEN")]
"""Which GLIGEN model."""


@node("GLIGENLoader", title="Load GLIGEN", category="loaders", occupies="io")
def load_gligen(
    gligen_name: Annotated[str, Files("gligen"), Field(description="A .safetensors file with GLIGEN for text boxes.")],
    *,
    folders: Folders,
) -> Gligen:
    """Choose a GLIGEN model: what tells a Stable Diffusion 1.x which words belong where."""
    return open_grounding(folders.path("gligen", gligen_name), folders.digest("gligen", gligen_name))


@node(
    "GLIGENTextBoxApply",
    title="Place words (GLIGEN)",
    category="conditioning/gligen",
    occupies="gpu",
    fingerprint=texts_change,
)
def place_words(
    conditioning_to: Annotated[Conditioning, Field(description="The whole prompt; it should hold the words too.")],
    clip: Clip,
    gligen_textbox_model: Gligen,
    text: Annotated[Prompt, Field(description=PROMPT_HELP)],
    width: Annotated[Cells, Field(ge=8, description="Width of the box, in pixels.")] = 64,
    height: Annotated[Cells, Field(ge=8, description="Height of the box, in pixels.")] = 64,
    x: Annotated[Cells, Field(description="Distance from the left, in pixels.")] = 0,
    y: Annotated[Cells, Field(description="Distance from the top, in pixels.")] = 0,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Say where something belongs. Several can follow one another, up to thirty."""
    pooled = encoded_text(clip, text, models, folders).pooled
    wanted = GroundingFile(gligen_textbox_model.path).text_width
    if pooled is None or pooled.shape[-1] != wanted:
        raise DiffusionError(
            f"clip: {gligen_textbox_model.path.name} reads words of {wanted} numbers; use the text encoder of the "
            "model that it was made for."
        )
    place = Place(pooled, height // CELL, width // CELL, y // CELL, x // CELL)
    placed = []
    for hidden, options in conditioning_to:
        before = options[GROUNDING][2] if GROUNDING in options else ()
        placed.append((hidden, {**options, GROUNDING: ("position", gligen_textbox_model, [*before, place])}))
    return placed
