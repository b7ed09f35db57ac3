"""Calculating with latents: sums, mixtures, pieces, and filters that leave their direction alone.

The second latent always takes the size of the first, its sides cut where the aspect ratio differs, and repeats until it
has as many samples. What is not said of the samples (noise mask, noise indices) stays that of the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.errors import LatentMismatch
from nodes.diffusion.latent_operations import CELL
from nodes.diffusion.pictures.compositing import paste, repeated
from nodes.diffusion.pictures.imaging import unsharp
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.types import Latent

Side = Literal["x", "-x", "y", "-y", "t", "-t"]
"""Where the second latent is put: right, left, below, above, later, earlier."""
Axis = Literal["x", "y", "t"]
SeedBehaviour = Literal["random", "fixed"]


@dataclass(frozen=True)
class LatentOperation:
    """What LATENT_OPERATION links carry: a filter by name, with its options."""

    name: Literal["tonemap_reinhard", "sharpen"]
    options: Mapping[str, float] = field(default_factory=dict)


def add(first: Latent, second: Latent) -> Latent:
    """The sum."""
    return _with(first, first["samples"] + _like(first, second))


def subtract(first: Latent, second: Latent) -> Latent:
    """The difference."""
    return _with(first, first["samples"] - _like(first, second))


def multiply(latent: Latent, factor: float) -> Latent:
    """Every number times a factor."""
    return _with(latent, latent["samples"] * factor)


def blend(first: Latent, second: Latent, share: float) -> Latent:
    """`share` of the first, the rest of the second."""
    return _with(first, first["samples"] * share + _like(first, second, "bicubic") * (1.0 - share))


def interpolate(first: Latent, second: Latent, share: float) -> Latent:
    """Mix directions and lengths of the channel vectors by themselves, so that contrast does not suffer.

    `share` is that of the first.
    """
    here, there = first["samples"], _like(first, second)
    mixed = _direction(here) * share + _direction(there) * (1.0 - share)
    length = _length(here) * share + _length(there) * (1.0 - share)
    return _with(first, _direction(mixed) * length)


def concatenate(first: Latent, second: Latent, side: Side) -> Latent:
    """Put the second on one side of the first.

    Raises:
        LatentMismatch: they do not fit together.
    """
    here = first["samples"]
    there = repeated(second["samples"], len(here)).to(here)
    dim = _dim(here, side.removeprefix("-"))
    shapes = [[*each.shape[:dim], *each.shape[dim:][1:]] for each in (here, there)]
    if here.dim() != there.dim() or shapes[0] != shapes[1]:
        raise LatentMismatch(
            f"Latents of shapes {list(here.shape)} and {list(there.shape)} cannot be put together along {side}: the "
            "other sides must be the same. Resize or crop one of them first."
        )
    parts = (there, here) if side.startswith("-") else (here, there)
    return _with(first, torch.cat(parts, dim=dim))


def cut(latent: Latent, axis: Axis, start: int, length: int) -> Latent:
    """`length` cells along an axis, from `start`, which counts from the end where it is negative."""
    samples = latent["samples"]
    dim = _dim(samples, axis)
    count = samples.shape[dim]
    first = min(max(start + count if start < 0 else start, 0), count - 1)
    return _with(latent, samples.narrow(dim, first, min(length, count - first)))


def cut_to_batch(latent: Latent, axis: Axis, size: int) -> Latent:
    """Pieces of `size` cells along an axis as items of a batch, those of each item one after the other.

    What is left over at the end goes; a latent that has no such axis, or is shorter, stays whole.
    """
    samples = latent["samples"]
    if axis == "t" and samples.dim() < 5:
        return latent
    dim = _dim(samples, axis)
    size = min(size, samples.shape[dim])
    pieces = samples.shape[dim] // size
    cut_off = samples.narrow(dim, 0, pieces * size).unflatten(dim, (pieces, size))
    return _with(latent, cut_off.movedim(dim, 1).flatten(0, 1))


def composite_masked(
    destination: Latent, source: Latent, x: int, y: int, mask: Tensor | None, resize_source: bool
) -> Latent:
    """Put the source onto the destination at a position in picture pixels, where the mask says so."""
    here = destination["samples"]
    return _with(destination, paste(here, source["samples"], x // CELL, y // CELL, mask, resize_source))


def with_seed_behaviour(latent: Latent, behaviour: SeedBehaviour) -> Latent:
    """`random`: each sample has noise of its own. `fixed`: all have the noise of the first."""
    result = latent.copy()
    indices = result.pop("batch_index", [0])
    if behaviour == "fixed":
        result["batch_index"] = [indices[0]] * len(latent["samples"])
    return result


def apply(latent: Latent, operation: LatentOperation) -> Latent:
    """The latent after an operation."""
    return _with(latent, operate(latent["samples"], operation))


def operate(samples: Tensor, operation: LatentOperation) -> Tensor:
    """Samples (batch, channels, height, width) after an operation."""
    return _OPERATIONS[operation.name](samples, operation.options)


def _tonemap(samples: Tensor, options: Mapping[str, float]) -> Tensor:
    """Compress large channel vectors as E. Reinhard et al. compress bright light ("Photographic Tone Reproduction for
    Digital Images", 2002): `length / (length + 1)`, in units of a length that few exceed.
    """
    length = _length(samples)
    dims = tuple(range(1, samples.dim()))
    top = (length.std(dim=dims, keepdim=True) * 5 + length.mean(dim=dims, keepdim=True)) * options["multiplier"]
    ratio = length / top.clamp(min=1e-10)
    return _direction(samples) * (ratio / (ratio + 1.0)) * top


def _sharpen(samples: Tensor, options: Mapping[str, float]) -> Tensor:
    """Sharpen the directions of the channel vectors; their lengths stay."""
    length = _length(samples)
    directions = (samples / (length + 1e-6)).movedim(1, -1)
    sharp = unsharp(directions, int(options["radius"]), options["sigma"], options["alpha"])
    return sharp.movedim(-1, 1) * length


_OPERATIONS: dict[str, Callable[[Tensor, Mapping[str, float]], Tensor]] = {
    "tonemap_reinhard": _tonemap,
    "sharpen": _sharpen,
}


def _with(latent: Latent, samples: Tensor) -> Latent:
    return {**latent, "samples": samples}


def _like(first: Latent, second: Latent, method: Literal["bilinear", "bicubic"] = "bilinear") -> Tensor:
    here, there = first["samples"], second["samples"]
    if here.shape[1] != there.shape[1]:
        raise LatentMismatch(
            f"Latents with {here.shape[1]} and with {there.shape[1]} channels cannot be combined: they belong to "
            "different kinds of model. Decode one and encode it with the other's VAE first."
        )
    return repeated(resize(there, here.shape[-1], here.shape[-2], method, "center"), len(here)).to(here)


def _length(samples: Tensor) -> Tensor:
    return samples.norm(dim=1, keepdim=True)


def _direction(samples: Tensor) -> Tensor:
    return (samples / _length(samples)).nan_to_num()


def _dim(samples: Tensor, axis: str) -> int:
    if axis == "t" and samples.dim() < 5:
        raise LatentMismatch("A latent of pictures has no time: choose x or y, or give the latent of a video.")
    return samples.dim() - 1 - ("x", "y", "t").index(axis)
