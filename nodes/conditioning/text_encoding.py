"""Nodes that turn prompts into conditionings."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from graph.errors import FolderError
from graph.folders import Folders
from graph.node import Widget, node
from graph.topology import GraphNode
from nodes.diffusion.conditioning_operations import conditioning_of, with_options
from nodes.diffusion.control.types import CONTROL_TEXT
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.inversion import files_named
from nodes.diffusion.text.prompt import MARK
from nodes.diffusion.types import ClipHandle, Encoded, Padding, Text
from nodes.sockets import Clip, Conditioning

Prompt = Annotated[str, Widget(multiline=True, options={"dynamicPrompts": True})]
PROMPT_HELP = (
    "What to draw. (word:1.3) counts more, (word) a little more; \\( and \\) are plain parentheses; embedding:name "
    "stands for a textual inversion."
)


def texts_change(**inputs: object) -> float:
    """Prompts that name textual inversions depend on files, which the key of a text does not hold."""
    return math.nan if any(MARK in text for text in inputs.values() if isinstance(text, str)) else 0.0


@node("CLIPTextEncode", title="Encode prompt", category="conditioning", occupies="gpu", fingerprint=texts_change)
def encode_prompt(
    text: Annotated[Prompt, Field(description=PROMPT_HELP)],
    clip: Annotated[Clip, Field(description="The text encoder that belongs to the model.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Annotated[Conditioning, Field(description="What the model is to listen to.")]:
    """Encode a prompt for a diffusion model."""
    return conditioning_of(encoded_text(clip, text, models, folders))


@node(
    "CLIPTextEncodeControlnet",
    title="Encode prompt for ControlNets",
    category="conditioning",
    occupies="gpu",
    fingerprint=texts_change,
    experimental=True,
)
def encode_for_controls(
    clip: Clip,
    conditioning: Annotated[Conditioning, Field(description="What the model itself listens to.")],
    text: Annotated[Prompt, Field(description=PROMPT_HELP)],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Give the ControlNets of a conditioning a prompt of their own."""
    told = encoded_text(clip, text, models, folders)
    return with_options(conditioning, **{CONTROL_TEXT: told.hidden, "pooled_output_controlnet": told.pooled})


@node("CLIPSetLastLayer", title="Set last CLIP layer", category="conditioning", occupies="instant")
def set_last_layer(
    clip: Clip,
    stop_at_clip_layer: Annotated[
        int, Field(ge=-24, le=-1, multiple_of=1, description="-1 is the last layer, -2 the one before.")
    ] = -1,
) -> Clip:
    """Take the text encoder's result from an earlier layer ("clip skip"), as some models want it."""
    return replace(clip, stop_at_layer=stop_at_clip_layer)


@node(
    "T5TokenizerOptions",
    title="T5 tokenizer options",
    category="model_patches/conditioning",
    occupies="instant",
    experimental=True,
)
def t5_tokenizer_options(
    clip: Clip,
    min_padding: Annotated[
        int, Field(ge=0, le=10000, multiple_of=1, description="How many empty tokens follow every text.")
    ] = 0,
    min_length: Annotated[
        int, Field(ge=0, le=10000, multiple_of=1, description="How many tokens a text has at least.")
    ] = 0,
) -> Clip:
    """Say how short texts are filled up for T5; other text encoders stay as they are."""
    return replace(clip, padding=Padding(min_padding, min_length))


def encoded_text(clip: ClipHandle, text: Text, models: ModelRegistry, folders: Folders) -> Encoded:
    """What text encoders make of a prompt, with the textual inversions that it names."""
    with models.use_clip(clip) as encoder:
        return encoder.encode(text, stop_at_layer=clip.stop_at_layer, find_embedding=embedding_finder(folders))


def embedding_finder(folders: Folders) -> Callable[[str], Path | None]:
    """Gives the function that finds textual inversions by the name that stands in a prompt, in sub-folders too."""

    def find(name: str) -> Path | None:
        try:
            return folders.path("embeddings", name)
        except FolderError:
            nested = [each for each in folders.names("embeddings") if each.endswith(f"/{name}")]
        return folders.path("embeddings", nested[0]) if nested else None

    return find


def inversions_of(folders: Folders, node: GraphNode) -> dict[str, str]:
    """What the texts of a node name besides its inputs: content digests of textual inversions, as `embeddings/name`."""
    texts = [value for value in node.literals.values() if isinstance(value, str) and MARK in value]
    paths = [path for text in texts for path in files_named(text, embedding_finder(folders))]
    places = [(path, place) for path in paths for place in folders.directories("embeddings")]
    names = [path.relative_to(place).as_posix() for path, place in places if path.is_relative_to(place)]
    return {f"embeddings/{name}": folders.digest("embeddings", name) for name in names}
