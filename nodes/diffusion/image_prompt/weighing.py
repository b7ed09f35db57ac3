"""How strongly each layer of a UNet listens to a picture: everywhere alike, or where style or composition is decided.

Which blocks of Stable Diffusion XL decide what: Wang et al., 2024, "InstantStyle: Free Lunch towards Style-Preserving
in Text-to-Image Generation", section 3.2. The other ways, and their numbers, are those that the ecosystem settled on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from nodes.diffusion.errors import DiffusionError

WeightType = Literal[
    "linear",
    "ease in",
    "ease out",
    "ease in-out",
    "reverse in-out",
    "weak input",
    "weak output",
    "weak middle",
    "strong middle",
    "style transfer",
    "composition",
    "strong style transfer",
    "style and composition",
]
LEAST, WEAK = 0.05, 0.2
"""What is left at the far end of a slope, and of a weak part."""
SIDES = ("down_blocks", "mid_block", "up_blocks")
"""In the order in which they compute; users call them input, middle and output."""

_SLOPES: Mapping[str, Callable[[float], float]] = {
    "ease in": lambda at: 1 - at,
    "ease out": lambda at: at,
    "ease in-out": lambda at: 1 - abs(2 * at - 1),
    "reverse in-out": lambda at: abs(2 * at - 1),
}
_WEAK: Mapping[str, tuple[str, ...]] = {
    "weak input": ("down_blocks",),
    "weak output": ("up_blocks",),
    "weak middle": ("mid_block",),
    "strong middle": ("down_blocks", "up_blocks"),
}
_ALL_1, _ALL_XL = range(16), range(11)
_CHOSEN: Mapping[str, Mapping[int, Mapping[int, float]]] = {
    "style transfer": {16: {at: 1.0 for at in _ALL_1 if at not in range(4, 9)}, 11: {6: 1.0}},
    "composition": {16: {4: 0.25, 5: 1.0}, 11: {3: 1.0}},
    "strong style transfer": {
        16: {at: 1.0 for at in _ALL_1 if at not in (4, 5)},
        11: {at: 1.0 for at in _ALL_XL if at != 3},
    },
    "style and composition": {
        16: {at: 0.25 if at == 4 else 1.0 for at in _ALL_1 if at not in (6, 7, 8)},
        11: {3: 1.0, 6: 1.0},
    },
}
"""By way, and by how many transformers the UNet has: 16 in Stable Diffusion 1.5, 11 in XL."""


def layer_weights(layers: Sequence[str], kind: WeightType) -> dict[str, float]:
    """The weight of each layer.

    Args:
        layers: names of those that listen to a text.
        kind: the way.

    Raises:
        DiffusionError: it is known for other UNets only.
    """
    places = sorted(dict.fromkeys(map(_transformer, layers)), key=lambda each: SIDES.index(each.split(".")[0]))
    if kind in _CHOSEN and len(places) not in _CHOSEN[kind]:
        raise DiffusionError(
            f'weight_type "{kind}" is known for Stable Diffusion 1.5 and XL only; the model has {len(places)} '
            "transformers. Choose linear."
        )
    shares = {place: _share(kind, place, number, len(places)) for number, place in enumerate(places)}
    return {layer: shares[_transformer(layer)] for layer in layers}


def _share(kind: WeightType, place: str, number: int, count: int) -> float:
    if kind in _SLOPES:
        return LEAST + (1 - LEAST) * _SLOPES[kind](number / count)
    if kind in _WEAK:
        return WEAK if place.startswith(_WEAK[kind]) else 1.0
    return _CHOSEN[kind][count].get(number, 0.0) if kind in _CHOSEN else 1.0


def _transformer(layer: str) -> str:
    """The transformer that a layer is in: `down_blocks.1.attentions.0`."""
    return layer.partition(".transformer_blocks.")[0]
