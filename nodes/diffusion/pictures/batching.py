"""Joining, cutting and repeating batches of pictures and masks."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.pictures.imaging import batch
from nodes.diffusion.pictures.masking import as_batch

Item = TypeVar("Item")


def window(count: int, start: int, length: int) -> slice:
    """`length` of `count` items from `start`, which counts from the end where it is negative; at least one."""
    first = min(max(start + count if start < 0 else start, 0), count - 1)
    return slice(first, min(first + length, count))


def joined(images: Sequence[Tensor]) -> Tensor:
    """Pictures one after the other in one batch; all take the size of the first, their sides cut where needed."""
    result = images[0]
    for image in images[1:]:
        result = batch(result, image)
    return result


def joined_masks(masks: Sequence[Tensor]) -> Tensor:
    """Masks one after the other in one batch; all are stretched to the size of the first."""
    first = as_batch(masks[0])
    size = first.shape[-2:]
    fitted = (functional.interpolate(as_batch(mask).unsqueeze(1), size=size, mode="bilinear") for mask in masks[1:])
    return torch.cat([first, *(mask.squeeze(1) for mask in fitted)])


def rebatched(images: Sequence[Tensor], size: int) -> list[Tensor]:
    """The same pictures in batches of `size`; pictures of different shapes never share a batch."""
    singles = [single for image in images for single in image.split(1)]
    groups = (list(group) for _, group in groupby(singles, lambda single: single.shape))
    return [torch.cat(list(chunk)) for group in groups for chunk in chunks(group, size)]


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
