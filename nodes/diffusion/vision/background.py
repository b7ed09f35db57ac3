"""Files that tell foreground from background, and what they make of pictures: BiRefNet."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, said_in
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import Piece, Shapes, fused, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.vision.birefnet import LEVELS, BiRefNet, Sizes
from nodes.diffusion.vision.encoder import Networks
from nodes.diffusion.weights.statefile import StateFile

SIDE = 1024
"""Pixels along a side of what it looks at."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of pictures, as Swin was trained to see them."""
_MARKS = ("bb.patch_embed.proj.weight", "squeeze_module.0.conv_in.weight", "decoder.conv_out1.0.weight")
_UNUSED = re.compile(r"relative_position_index$|num_batches_tracked$|decoder\.(gdt_convs_pred|conv_ms_spvn)_\d\.")
"""What only training uses, or what can be computed."""
_OUTER = {
    "bb.swin.embeddings.patch_embeddings.projection.": "bb.patch_embed.proj.",
    "bb.swin.embeddings.norm.": "bb.patch_embed.norm.",
}
_INSIDE = {
    "attention.relative_position_bias.relative_position_bias_table": "attn.relative_position_bias_table",
    "attention.o_proj.": "attn.proj.",
    "layernorm_before.": "norm1.",
    "layernorm_after.": "norm2.",
}
_BLOCK = re.compile(r"bb\.swin\.encoder\.(layers\.\d+\.blocks\.\d+\.)(.+)")
_QUERY = "attention.q_proj."


@dataclass(frozen=True)
class BackgroundHandle:
    """Which file; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class BackgroundFile:
    """A BiRefNet file, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight that is used."""
        found = {key: shape for key, shape in self.file.shapes.items() if not _UNUSED.search(key)}
        if not all(mark in found for mark in _MARKS):
            raise UnsupportedModel(
                f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what removes backgrounds here are "
                "BiRefNet files with a Swin transformer."
            )
        return found

    @cached_property
    def sizes(self) -> Sizes:
        """How large the network is."""
        shapes, first = self.shapes, "bb.layers.0.blocks.0."
        levels = range(LEVELS)
        table = "bb.layers.{}.blocks.0.attn.relative_position_bias_table"
        branches = "decoder.decoder_block1.dec_att."
        kernels = range(block_count(shapes, f"{branches}aspp_deforms"))
        return Sizes(
            width=shapes[_MARKS[0]][0],
            depths=tuple(block_count(shapes, f"bb.layers.{level}.blocks") for level in levels),
            heads=tuple(shapes[table.format(level)][1] for level in levels),
            window=(isqrt(shapes[table.format(0)][0]) + 1) // 2,
            growth=shapes[f"{first}mlp.fc1.weight"][0] / shapes[f"{first}mlp.fc1.weight"][1],
            inner=shapes[_MARKS[1]][0],
            branch=shapes[f"{branches}aspp1.bn.weight"][0],
            kernels=tuple(
                shapes[f"{branches}aspp_deforms.{each}.atrous_conv.regular_conv.weight"][2] for each in kernels
            ),
            edges=shapes["decoder.gdt_convs_4.0.weight"][0],
        )

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)

    @property
    def side(self) -> int:
        """Pixels along a side of what it looks at; a header may say another number than the usual."""
        return int(said_in(self.file.metadata, "latentloom.background").get("side", SIDE))

    def load(self, placement: Placement) -> BiRefNet:
        """Build the network.

        Raises:
            ModelError: the weights do not fit.
        """
        network = skeleton(lambda: BiRefNet(self.sizes))
        for module in network.modules():
            if "relative_position_index" in module._buffers:
                module._buffers["relative_position_index"] = window_places(self.sizes.window)
        names = background_keys(state_shapes(network))
        return fill(network, gather(network, names, self.shapes, self.file.tensor), placement)


def background_keys(own: Shapes) -> dict[str, Piece]:
    """Where a file has each weight of a network.

    Args:
        own: the shapes of its weights, by key.
    """
    pieces: dict[str, Piece] = {}
    for key in own:
        if match := _BLOCK.fullmatch(key):
            pieces |= _in_block(key, f"bb.{match[1]}", match[2], own)
        else:
            pieces[key] = Piece(_outside(key))
    return pieces


def window_places(window: int) -> Tensor:
    """For each pair of tokens of a window, the row of the table that tells how they lie (window to the fourth,).

    Liu et al., 2021, "Swin Transformer", section 3.2.
    """
    rows, columns = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
    down, right = (each.flatten()[:, None] - each.flatten()[None, :] + window - 1 for each in (rows, columns))
    return (down * (2 * window - 1) + right).flatten()


def foreground(networks: Networks, handle: BackgroundHandle, images: Tensor) -> Tensor:
    """What is foreground in pictures (batch, height, width, channels): masks (batch, height, width), 1 where it is.

    Raises:
        ModelError: the network cannot be loaded.
    """
    file = BackgroundFile(handle.path)
    size = (file.side, file.side)
    pictures = functional.interpolate(images[..., :3].movedim(-1, 1), size=size, mode="bilinear", antialias=True)
    seen = (pictures - pictures.new_tensor(MEAN)[:, None, None]) / pictures.new_tensor(DEVIATION)[:, None, None]
    key = ("background", handle.digest or str(handle.path))
    with networks.use_other(key, handle.path.name, file.parameters, file.load) as network:
        weight: Any = next(network.parameters())
        found = torch.cat([network(each.to(weight)).float().cpu() for each in seen.split(1)])
    return resize(found.sigmoid(), images.shape[2], images.shape[1], "bilinear")[:, 0]


def open_background(path: Path, digest: str = "") -> BackgroundHandle:
    """A handle of a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    _ = BackgroundFile(path).shapes
    return BackgroundHandle(path, digest)


def _in_block(key: str, start: str, rest: str, own: Shapes) -> dict[str, Piece]:
    """Where the file has a weight of one of Swin's blocks; queries, keys and values are one matrix there."""
    if rest.startswith(_QUERY):
        parameter = rest.removeprefix(_QUERY)
        names = [key.replace("q_proj", f"{each}_proj") for each in "qkv"]
        return fused(f"{start}attn.qkv.{parameter}", names, own)
    if rest.startswith(("attention.k_proj.", "attention.v_proj.")):
        return {}
    for ours, theirs in _INSIDE.items():
        if rest.startswith(ours):
            return {key: Piece(start + theirs + rest.removeprefix(ours))}
    return {key: Piece(start + rest)}


def _outside(key: str) -> str:
    """What the file calls a weight outside of those blocks."""
    for ours, theirs in _OUTER.items():
        if key.startswith(ours):
            return theirs + key.removeprefix(ours)
    if match := re.fullmatch(r"bb\.hidden_states_norms\.stage(\d+)\.(.+)", key):
        return f"bb.norm{int(match[1]) - 1}.{match[2]}"
    return key.replace("bb.swin.encoder.layers.", "bb.layers.")
