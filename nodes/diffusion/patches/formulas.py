"""The mathematics of patches: what is added to a weight, in float32."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from nodes.diffusion.families.weights import Piece
from nodes.diffusion.patches.contents import Change, Kind

Ingredients = Mapping[str, Tensor]
"""The tensors of one change by role, in float32 on one device."""


class Formula(Protocol):
    """From the ingredients of a change to the whole of what is added, and the rank that its `alpha` refers to."""

    def __call__(self, parts: Ingredients) -> tuple[Tensor, int | None]:
        """The unscaled difference (rows, …), and the rank; None where `alpha` means nothing."""
        ...


def lora(parts: Ingredients) -> tuple[Tensor, int | None]:
    """`up @ down` (Hu et al., 2022, section 4.1); for convolutions the kernel belongs to `down`, or to `mid`."""
    up, down = parts["up"], parts["down"]
    if "mid" in parts:
        # up (out, rank, 1, 1), mid (rank, rank, h, w), down (rank, in, 1, 1): three convolutions in a row are one.
        return torch.einsum("or,rshw,si->oihw", up.flatten(1), parts["mid"], down.flatten(1)), down.shape[0]
    return up.flatten(1) @ down.flatten(1), down.shape[0]


def loha(parts: Ingredients) -> tuple[Tensor, int | None]:
    """The Hadamard product of two low-rank matrices (Hyeon-Woo et al., 2022, "FedPara", proposition 1 and 3)."""
    if "t1" in parts:
        first, second = (_tucker(parts[f"t{i}"], parts[f"w{i}_a"], parts[f"w{i}_b"]) for i in (1, 2))
    else:
        first, second = (parts[f"w{i}_a"] @ parts[f"w{i}_b"] for i in (1, 2))
    return first * second, parts["w1_b"].shape[0]


def lokr(parts: Ingredients) -> tuple[Tensor, int | None]:
    """The Kronecker product of two matrices, each whole or of low rank (Yeh et al., 2024, section 3.3)."""
    rank: int | None = None
    if "w1" in parts:
        first = parts["w1"]
    else:
        first, rank = parts["w1_a"] @ parts["w1_b"], parts["w1_b"].shape[0]
    if "w2" in parts:
        second = parts["w2"]
    elif "t2" in parts:
        second, rank = _tucker(parts["t2"], parts["w2_a"], parts["w2_b"]), parts["w2_b"].shape[0]
    else:
        second = (parts["w2_a"] @ parts["w2_b"].flatten(1)).reshape(-1, *parts["w2_b"].shape[1:])
        rank = parts["w2_b"].shape[0]
    first = first.reshape(*first.shape, *[1] * (second.dim() - first.dim()))
    return torch.kron(first, second), rank


def plain(parts: Ingredients) -> tuple[Tensor, int | None]:
    """The difference itself."""
    return parts["weight"], None


FORMULAS: Mapping[Kind, Formula] = {"lora": lora, "loha": loha, "lokr": lokr, "diff": plain, "set": plain}


def changed(weight: Tensor, change: Change, parts: Ingredients, strength: float, piece: Piece) -> Tensor:
    """A weight after one change.

    Args:
        weight: in float32; not changed.
        change: which.
        parts: its ingredients.
        strength: how much of it; the weight stays as it is at 0. A replacement knows no half measures.
        piece: which rows of the change are for this weight, where a file treats several weights as one.
    """
    difference, rank = FORMULAS[change.kind](parts)
    difference = piece.take(difference).reshape(weight.shape)
    if change.kind == "set":
        return difference if strength else weight
    if "alpha" in parts and rank:
        difference = difference * (float(parts["alpha"]) / rank)
    if "dora" not in parts:
        return weight + strength * difference
    magnitude = parts["dora"]
    is_by_row = magnitude.shape[0] == change.shape[0]
    if is_by_row:
        magnitude = piece.take(magnitude)
    return _decomposed(weight, difference, magnitude, strength, is_by_row)


def _decomposed(weight: Tensor, difference: Tensor, magnitude: Tensor, strength: float, is_by_row: bool) -> Tensor:
    """DoRA: the direction of the changed weight with a learnt magnitude (Liu et al., 2024, equation 5).

    The magnitude stands for each output (rows, 1, …) or, as some tools have it, for each input (1, columns, …).
    """
    moved = weight + difference
    axis = 0 if is_by_row else 1
    others = tuple(i for i in range(weight.dim()) if i != axis)
    norm = torch.linalg.vector_norm(moved, dim=others, keepdim=True)
    scale = magnitude.reshape(norm.shape) / (norm + torch.finfo(norm.dtype).eps)
    return weight + strength * (moved * scale - weight)


def _tucker(core: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """A convolution's kernel from its core (i, j, h, w) and two matrices (i, out), (j, in)."""
    return torch.einsum("ijhw,io,jr->orhw", core, first, second)
