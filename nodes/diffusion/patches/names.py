"""From the names that patch files give to layers to the weights of a network.

Tools write the same layer as `lora_unet_down_blocks_0_attentions_0_proj_in` (kohya), as
`unet.down_blocks.0.attentions.0.proj_in` (diffusers), as `diffusion_model.input_blocks.1.1.proj_in` or without any
prefix. All of them are the same once dots and underscores are one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from nodes.diffusion.families.weights import KeyMap, Piece, Shapes, file_shapes
from nodes.diffusion.patches.contents import Part

MODEL_PREFIXES = (
    "",
    "lora_unet_",
    "lycoris_unet_",
    "lycoris_",
    "unet_base_model_model_",
    "unet_",
    "model_diffusion_model_",
    "diffusion_model_",
    "lora_transformer_",
    "transformer_base_model_model_",
    "transformer_",
    "base_model_model_",
)
"""What stands before the name of a layer of a diffusion network."""
TEXT_MARKS = re.compile(
    r"(lora_te\d?|lora_prior_te|lycoris_te\d?|text_encoder(_\d)?|text_encoders_\w+?_transformer|te\d?)_(text_model_)?"
)
"""How names of layers of text encoders begin."""


@dataclass(frozen=True)
class Layer:
    """What a name stands for.

    Attributes:
        targets: the weights of the network, each with the piece of the named layer that it is.
        shape: of the named layer: rows, and size per row.
    """

    targets: tuple[tuple[str, Piece], ...]
    shape: tuple[int, int]


Table = Mapping[str, Layer]
"""Names as `flat` has them -> what each stands for."""


def flat(name: str) -> str:
    """A name with one sign between its parts, and without what old diffusers files put in."""
    return re.sub(r"[^0-9a-zA-Z]+", "_", name).replace("_processor_", "_")


def text_mark(name: str) -> str | None:
    """What marks a name as one of a text encoder's layers, such as `lora_te1`; None if nothing does."""
    match = TEXT_MARKS.match(flat(name))
    return match[1] if match else None


def table_of(names: KeyMap, shapes: Shapes, part: Part) -> dict[str, Layer]:
    """Every name by which the weights (or biases) of a network go: its own, and those of the original layout.

    Args:
        names: the original layout's name of each key; may be empty.
        shapes: of the network's weights, by its own keys.
        part: which of a layer's two.
    """
    suffix = f".{part}"
    table: dict[str, Layer] = {}
    pieces: dict[str, list[tuple[str, Piece]]] = {}
    for key, piece in names.items():
        if key.endswith(suffix):
            pieces.setdefault(piece.key, []).append((key, piece))
    whole = file_shapes({key: piece for key, piece in names.items() if key in shapes}, shapes)
    for name, targets in pieces.items():
        table[flat(name.removesuffix(suffix))] = Layer(tuple(targets), _flattened(whole[name]))
    for key, shape in shapes.items():
        if key.endswith(suffix):
            table[flat(key.removesuffix(suffix))] = Layer(((key, Piece(key)),), _flattened(shape))
    return table


def find(name: str, table: Table, prefixes: Sequence[str]) -> Layer | None:
    """What a name stands for; None if it is not known."""
    plain = flat(name)
    for prefix in prefixes:
        if plain.startswith(prefix):
            rest = plain.removeprefix(prefix)
            # diffusers keeps `to_out` as a list of one layer, which old files do not say
            layer = table.get(rest) or (table.get(f"{rest}_0") if rest.endswith("to_out") else None)
            if layer is not None:
                return layer
    return None


def _flattened(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[0] if shape else 1), prod(shape[1:])
