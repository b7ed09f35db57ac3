"""Mixing models weight by weight: a new handle, whose weights are computed when somebody uses it.

Wortsman et al., 2022, "Model soups"; differences between models as something to add: Ilharco et al., 2023, "Editing
Models with Task Arithmetic".
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.weights import Part, Shapes
from nodes.diffusion.types import ClipHandle, Merge, ModelHandle, ModelSource

FIRST = ("conv_in.weight",)
"""The layer that takes the latent in; where two models see different channels, the first model's is kept."""
Handle = TypeVar("Handle", ModelHandle, ClipHandle)
Outline = Callable[[ModelSource], Mapping[str, Part]]
Shares = tuple[float, float]
"""How much of the first model and how much of the second a weight takes."""


def mixed(
    first: Handle, second: Handle, shares: Shares, outline: Outline, blocks: Mapping[str, Shares] | None = None
) -> Handle:
    """A model whose weights are those of two others, each times its share.

    Args:
        first: keeps its options.
        second: what is mixed in, with its patches.
        shares: of both.
        outline: finds the networks of a model, without loading weights.
        blocks: shares of the weights whose name in the original layout begins so, in place of `shares`.

    Raises:
        ModelError: the two are built differently.
    """
    _check(first.source, second.source, outline)
    merge = Merge(
        second.source,
        *shares,
        patches=second.patches,
        blocks=tuple((name, keep, add) for name, (keep, add) in (blocks or {}).items()),
    )
    return replace(first, patches=(*first.patches, merge))


def _check(first: ModelSource, second: ModelSource, outline: Outline) -> None:
    shapes = [
        {name: state_shapes(part.network) for name, part in outline(source).items()} for source in (first, second)
    ]
    if not _are_alike(*shapes):
        raise ModelError(
            f"{first.path.name} ({first.architecture}) and {second.path.name} ({second.architecture}) are built "
            "differently, so their weights cannot be mixed. Choose two models of one kind."
        )


def _are_alike(first: Mapping[str, Shapes], second: Mapping[str, Shapes]) -> bool:
    """Whether two models have the same weights; how many channels they take in may differ, as for inpainting."""
    if first.keys() != second.keys():
        return False
    for name, shapes in first.items():
        others = second[name]
        if shapes.keys() != others.keys() or any(shapes[key] != others[key] for key in shapes if key not in FIRST):
            return False
    return True
