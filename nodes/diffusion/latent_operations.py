"""Moving, cutting, joining and resizing latents, with everything that belongs to them.

A latent may carry a noise mask at any resolution, usually that of the picture, and the indices of the noise each sample
is to be drawn from. Whatever happens to the samples happens to these too, and keys of node packs are passed on.
"""

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import LatentMismatch
from nodes.diffusion.pictures.masking import as_batch, ramp
from nodes.diffusion.pictures.resizing import Crop, LatentMethod, crop_to_aspect, missing_side, resize
from nodes.diffusion.types import Latent

CELL = 8
"""Picture pixels per latent cell, in which graphs give positions and sizes."""
FlipMethod = Literal["x-axis: vertically", "y-axis: horizontally"]
Rotation = Literal["none", "90 degrees", "180 degrees", "270 degrees"]


def empty(width: int, height: int, batch_size: int) -> Latent:
    """Latents of zeros for pictures of `width` times `height` pixels: a canvas that nothing was drawn on."""
    return {"samples": torch.zeros(batch_size, 4, height // CELL, width // CELL)}


def with_noise_mask(latent: Latent, mask: Tensor) -> Latent:
    """The same latent, to be changed only where `mask` (at any resolution) says so."""
    return {**latent, "noise_mask": as_batch(mask).unsqueeze(1)}


def with_own_seeds(latent: Latent) -> Latent:
    """The same latents, each to draw its noise from a seed of its own; those in use stay with their places."""
    return {**latent, "batch_index": _indices(latent), "own_seeds": True}


def upscale(latent: Latent, width: int, height: int, method: LatentMethod, crop: Crop) -> Latent:
    """Resize to `width` times `height` picture pixels; a side of 0 follows from the other, two change nothing."""
    if width == 0 and height == 0:
        return latent
    old_height, old_width = latent["samples"].shape[-2:]
    width, height = missing_side(width, height, old_width, old_height, minimum=64)
    return _resized(latent, width // CELL, height // CELL, method, crop)


def upscale_by(latent: Latent, factor: float, method: LatentMethod) -> Latent:
    """Resize to `factor` times the size."""
    old_height, old_width = latent["samples"].shape[-2:]
    width, height = max(1, round(old_width * factor)), max(1, round(old_height * factor))
    return _resized(latent, width, height, method, "disabled")


def _resized(latent: Latent, width: int, height: int, method: LatentMethod, crop: Crop) -> Latent:
    result: Latent = {**latent, "samples": resize(latent["samples"], width, height, method, crop)}
    if crop == "center" and "noise_mask" in latent:  # masks have a resolution of their own: only cutting concerns them
        result["noise_mask"] = crop_to_aspect(latent["noise_mask"], width, height)
    return result


def crop(latent: Latent, width: int, height: int, x: int, y: int) -> Latent:
    """Cut a rectangle, given in picture pixels, out of latents; at least 64 pixels stay where there are so many."""
    rows, columns = latent["samples"].shape[-2:]
    left, top = min(x // CELL, max(0, columns - CELL)), min(y // CELL, max(0, rows - CELL))
    right, bottom = min(left + width // CELL, columns), min(top + height // CELL, rows)

    def cut(tensor: Tensor) -> Tensor:
        vertical, horizontal = tensor.shape[-2] / rows, tensor.shape[-1] / columns
        return tensor[
            ...,
            round(top * vertical) : max(round(bottom * vertical), round(top * vertical) + 1),
            round(left * horizontal) : max(round(right * horizontal), round(left * horizontal) + 1),
        ]

    return _in_space(latent, cut)


def flip(latent: Latent, method: FlipMethod) -> Latent:
    """Mirror latents: about the x axis (upside down) or about the y axis (left to right)."""
    dim = -2 if method.startswith("x") else -1
    return _in_space(latent, lambda tensor: tensor.flip(dim))


def rotate(latent: Latent, rotation: Rotation) -> Latent:
    """Turn latents clockwise."""
    quarters = ("none", "90 degrees", "180 degrees", "270 degrees").index(rotation)
    return _in_space(latent, lambda tensor: torch.rot90(tensor, quarters, dims=(-1, -2)))


def _in_space(latent: Latent, change: Callable[[Tensor], Tensor]) -> Latent:
    """Do the same to the samples and to their noise mask."""
    result: Latent = {**latent, "samples": change(latent["samples"])}
    if "noise_mask" in latent:
        result["noise_mask"] = change(latent["noise_mask"])
    return result


def from_batch(latent: Latent, start: int, length: int) -> Latent:
    """Take `length` samples out of a batch, from `start`, which counts from the end where it is negative."""
    count = latent["samples"].shape[0]
    start = min(max(start + count if start < 0 else start, 0), count - 1)
    chosen = slice(start, min(start + length, count))
    result: Latent = {**latent, "samples": latent["samples"][chosen], "batch_index": _indices(latent)[chosen]}
    if "noise_mask" in latent and latent["noise_mask"].shape[0] > 1:
        result["noise_mask"] = _spread(latent["noise_mask"], count)[chosen]
    return result


def repeat(latent: Latent, amount: int) -> Latent:
    """Repeat a batch; each repetition draws noise of its own."""
    samples = latent["samples"]
    result: Latent = {**latent, "samples": samples.repeat(amount, *[1] * (samples.dim() - 1))}
    if "noise_mask" in latent and latent["noise_mask"].shape[0] > 1:
        result["noise_mask"] = _spread(latent["noise_mask"], samples.shape[0] * amount, whole=samples.shape[0])
    if "batch_index" in latent:
        indices = latent["batch_index"]
        offset = max(indices) - min(indices) + 1
        result["batch_index"] = [index + offset * turn for turn in range(amount) for index in indices]
    return result


def join(first: Latent, second: Latent) -> Latent:
    """Put latents one after the other; the second takes the size of the first, its sides cut where needed.

    Raises:
        LatentMismatch: they have different numbers of channels, so they come from different kinds of model.
    """
    here, there = first["samples"], second["samples"]
    if here.shape[1] != there.shape[1]:
        raise LatentMismatch(
            f"Latents with {here.shape[1]} and with {there.shape[1]} channels cannot be joined: they belong to "
            "different kinds of model. Decode one and encode it with the other's VAE first."
        )
    fitted = _resized(second, here.shape[-1], here.shape[-2], "bilinear", "center")
    result: Latent = {**first, "samples": torch.cat((here, fitted["samples"].to(here)), dim=0)}
    result["batch_index"] = [*_indices(first), *_indices(second)]
    if "noise_mask" in first or "noise_mask" in fitted:
        result["noise_mask"] = _joined_masks(first, fitted)
    return result


def rebatched(latents: Sequence[Latent], size: int) -> list[Latent]:
    """The same latents in batches of `size`; those of different shapes never share a batch."""
    singles = [from_batch(latent, index, 1) for latent in latents for index in range(len(latent["samples"]))]
    batches: list[Latent] = []
    for _, group in groupby(singles, lambda single: single["samples"].shape):
        alike = list(group)
        for start in range(0, len(alike), size):
            first, *rest = alike[start : start + size]
            for latent in rest:
                first = join(first, latent)
            batches.append(first)
    return batches


def _joined_masks(first: Latent, second: Latent) -> Tensor:
    """One mask for both batches; where one has none, all of it is sampled anew."""
    masks = [_one_channel(each["noise_mask"]) if "noise_mask" in each else None for each in (first, second)]
    like = next(mask for mask in masks if mask is not None)
    size = like.shape[-2:]
    full = []
    for latent, mask in zip((first, second), masks, strict=True):
        count = latent["samples"].shape[0]
        if mask is None:
            mask = like.new_ones(1, 1, *size)
        full.append(_spread(functional.interpolate(mask.to(like), size=size, mode="bilinear"), count))
    return torch.cat(full, dim=0)


def composite(destination: Latent, source: Latent, x: int, y: int, feather: int) -> Latent:
    """Put `source` onto `destination` at a position in picture pixels, its inner edges faded over `feather` pixels."""
    left, top, fade = x // CELL, y // CELL, feather // CELL
    samples = destination["samples"].clone()
    window = samples[..., top : top + source["samples"].shape[-2], left : left + source["samples"].shape[-1]]
    if window.numel():
        patch = source["samples"][..., : window.shape[-2], : window.shape[-1]].to(window)
        window.lerp_(_spread(patch, window.shape[0]), _fade(samples, window, left, top, fade))
    return {**destination, "samples": samples}


def _fade(samples: Tensor, window: Tensor, left: int, top: int, fade: int) -> Tensor:
    """Weights of a patch at `window`: faded along the sides that do not lie on the edge of `samples`."""
    height, width = window.shape[-2:]
    right, bottom = samples.shape[-1] - left - width, samples.shape[-2] - top - height
    rows = ramp(height, fade if top else 0, fade if bottom else 0, window)
    columns = ramp(width, fade if left else 0, fade if right else 0, window)
    return (rows[:, None] * columns[None, :]).expand_as(window)


def _indices(latent: Latent) -> list[int]:
    return list(latent.get("batch_index") or range(latent["samples"].shape[0]))


def _one_channel(mask: Tensor) -> Tensor:
    return as_batch(mask).unsqueeze(1)


def _spread(tensor: Tensor, count: int, whole: int | None = None) -> Tensor:
    """Repeat a batch until there are `count` entries; with `whole`, it is first brought to that many."""
    if whole is not None:
        tensor = _spread(tensor, whole)
    repeats = math.ceil(count / tensor.shape[0])
    return tensor.repeat(repeats, *[1] * (tensor.dim() - 1))[:count]
