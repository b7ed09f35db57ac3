"""Layouts of transformers made of equal blocks, as tables: what each layer is called in the original files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nodes.diffusion.families.weights import Piece, Shapes, fused, unchanged


@dataclass(frozen=True)
class BlockLayout:
    """What the layers of one kind of block are called.

    Attributes:
        name: of the list of blocks in the file.
        layers: by the layer's name in the network, or by a weight's where that differs: its name in the file.
        fused: by name in the file: the layers of the network that it holds, one below the other.
    """

    name: str
    layers: Mapping[str, str]
    fused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """What everything of a network is called in the original files.

    Attributes:
        outer: as `BlockLayout.layers`, for what is outside of blocks.
        blocks: by the name of a list of blocks in the network.
        swapped: layers whose two halves have changed places, by full name; a `*` is the last block's number.
    """

    outer: Mapping[str, str]
    blocks: Mapping[str, BlockLayout]
    swapped: tuple[str, ...] = ()

    def key_map(self, shapes: Shapes) -> dict[str, Piece]:
        """Where the original layout has each weight of a network; weights that it does not know are left out.

        Args:
            shapes: of the network's weights, by key.
        """
        lasts = {name: block_count(shapes, name) - 1 for name in self.blocks}
        pieces: dict[str, Piece] = {}
        for key in shapes:
            block = re.match(r"([\w.]+?)\.(\d+)\.(.+)", key)
            if block and block[1] in self.blocks:
                pieces |= _in_block(key, block[3], f"{block[1]}.{block[2]}.", self.blocks[block[1]], shapes)
            elif (name := _named(key, self.outer)) is not None:
                pieces[key] = Piece(name)
        for layer in self.swapped:
            name = layer.partition(".*")[0]
            for parameter in ("weight", "bias"):
                key = f"{layer.replace('*', str(lasts.get(name, 0)))}.{parameter}"
                if key in pieces:
                    pieces[key] = Piece(pieces[key].key, is_swapped=True)
        return pieces


@dataclass(frozen=True)
class SameLayout(Layout):
    """The layout of models whose original files are in the layout of diffusers."""

    outer: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, BlockLayout] = field(default_factory=dict)

    def key_map(self, shapes: Shapes) -> dict[str, Piece]:
        """Every weight has its own name."""
        return unchanged(shapes)


def _in_block(key: str, rest: str, prefix: str, layout: BlockLayout, shapes: Shapes) -> dict[str, Piece]:
    start = f"{layout.name}.{prefix.split('.')[-2]}."
    name = _named(rest, layout.layers)
    if name is not None:
        return {key: Piece(start + name)}
    module, _, parameter = rest.rpartition(".")
    for name, modules in layout.fused.items():
        if module == modules[0]:
            parts = [f"{prefix}{each}.{parameter}" for each in modules]
            return fused(f"{start}{name}.{parameter}", parts, shapes)
    return {}


def _named(key: str, names: Mapping[str, str]) -> str | None:
    if key in names:
        return names[key]
    module, _, parameter = key.rpartition(".")
    return f"{names[module]}.{parameter}" if module in names else None


def block_count(shapes: Shapes, name: str) -> int:
    """How many blocks a list has."""
    found = (re.match(rf"{re.escape(name)}\.(\d+)\.", key) for key in shapes)
    return max((int(match[1]) + 1 for match in found if match), default=0)
