"""Operations on conditionings: combining them and saying where, when and how strongly they apply."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from nodes.diffusion.pictures.masking import as_batch
from nodes.diffusion.types import Conditioning, Encoded

CELL = 8
"""Picture pixels per latent cell, in which graphs give areas."""
MaskArea = Literal["default", "mask bounds"]
"""Whether the model sees the whole picture, or only the rectangle around the mask."""


def conditioning_of(encoded: Encoded, **options: Any) -> Conditioning:
    """An encoded prompt as a conditioning, with further options."""
    return [(encoded.hidden, {"pooled_output": encoded.pooled, **encoded.options, **options})]


def combine(first: Conditioning, second: Conditioning) -> Conditioning:
    """Both at once: their predictions are averaged."""
    return [*first, *second]


def average(to: Conditioning, source: Conditioning, strength: float) -> Conditioning:
    """Mix each text of `to` with the first of `source`: `strength` of its own, the rest of the other's.

    Raises:
        ValueError: the texts come from different text encoders.
    """
    other, other_options = source[0]
    return [(_mixed(text, other, strength), _pooled(options, other_options, strength)) for text, options in to]


def concatenate(to: Conditioning, source: Conditioning) -> Conditioning:
    """Let the first text of `source` follow each text of `to`, as a longer prompt.

    Raises:
        ValueError: the texts come from different text encoders.
    """
    return [(torch.cat([text, _alike(text, source[0][0])], dim=1), options) for text, options in to]


def with_options(conditioning: Conditioning, **changes: Any) -> Conditioning:
    """The same texts with some options changed."""
    return [(text, {**options, **changes}) for text, options in conditioning]


def with_area(conditioning: Conditioning, height: int, width: int, y: int, x: int, strength: float) -> Conditioning:
    """Limit to a rectangle in picture pixels."""
    area = (height // CELL, width // CELL, y // CELL, x // CELL)
    return with_options(conditioning, area=area, strength=strength, set_area_to_bounds=False)


def with_area_share(
    conditioning: Conditioning, height: float, width: float, y: float, x: float, strength: float
) -> Conditioning:
    """Limit to a rectangle in fractions of the picture."""
    area = ("percentage", height, width, y, x)
    return with_options(conditioning, area=area, strength=strength, set_area_to_bounds=False)


def with_mask(conditioning: Conditioning, mask: Tensor, strength: float, area: MaskArea) -> Conditioning:
    """Limit to a mask."""
    is_bounded = area != "default"
    return with_options(conditioning, mask=as_batch(mask), mask_strength=strength, set_area_to_bounds=is_bounded)


def multiplied(conditioning: Conditioning, factor: float) -> Conditioning:
    """Texts, and their pooled form, times a factor."""

    def changed(options: Mapping[str, Any]) -> dict[str, Any]:
        pooled = options.get("pooled_output")
        return {**options} if pooled is None else {**options, "pooled_output": pooled * factor}

    return [(text * factor, changed(options)) for text, options in conditioning]


def with_more(conditioning: Conditioning, **items: Any) -> Conditioning:
    """The same texts with one more item in lists of options."""

    def longer(options: Mapping[str, Any]) -> dict[str, Any]:
        return {**options, **{name: [*options.get(name, ()), item] for name, item in items.items()}}

    return [(text, longer(options)) for text, options in conditioning]


def with_reference(conditioning: Conditioning, latent: Tensor) -> Conditioning:
    """The same texts, with the latent of one more picture that the model is to follow."""
    return with_more(conditioning, reference_latents=latent)


def zeroed(conditioning: Conditioning) -> Conditioning:
    """Zeros in place of the texts: what models without a negative prompt are given there."""
    return [(torch.zeros_like(text), _zeroed_options(options)) for text, options in conditioning]


def _zeroed_options(options: Mapping[str, Any]) -> dict[str, Any]:
    pooled = options.get("pooled_output")
    return {**options} if pooled is None else {**options, "pooled_output": torch.zeros_like(pooled)}


def _mixed(text: Tensor, other: Tensor, strength: float) -> Tensor:
    """The other text is cut, or filled up with zeros, to the length of the first."""
    other = _alike(text, other)[:, : text.shape[1]]
    missing = text.shape[1] - other.shape[1]
    if missing:
        other = torch.cat([other, other.new_zeros(len(other), missing, other.shape[2])], dim=1)
    return text * strength + other * (1 - strength)


def _pooled(options: Mapping[str, Any], other: Mapping[str, Any], strength: float) -> dict[str, Any]:
    mine, theirs = options.get("pooled_output"), other.get("pooled_output")
    if theirs is None:
        return {**options}
    return {**options, "pooled_output": theirs if mine is None else mine * strength + theirs * (1 - strength)}


def _alike(text: Tensor, other: Tensor) -> Tensor:
    if text.shape[2] != other.shape[2]:
        raise ValueError(
            f"The two conditionings come from different text encoders (one is {text.shape[2]} numbers wide, the other "
            f"{other.shape[2]}). Encode both texts with the same CLIP."
        )
    return other
