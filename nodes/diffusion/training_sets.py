"""Encoded pictures and captions, ready for training: grouped by size, and kept in files.

A file is one shard: safetensors, with the structure of its items as JSON in the header.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from nodes.diffusion.errors import LatentFileError
from nodes.diffusion.types import Conditioning, Latent

_ITEMS = "items"
_FILES = "files"
_TENSOR = "$tensor"


class TrainingSet(NamedTuple):
    """Latents with their captions, item by item."""

    latents: Sequence[Latent]
    conditionings: Sequence[Conditioning]


def paired(latents: Sequence[Latent], conditionings: Sequence[Conditioning]) -> TrainingSet:
    """One conditioning for each latent; a single one stands for all.

    Raises:
        ValueError: their numbers differ.
    """
    if len(conditionings) == 1:
        conditionings = [*conditionings] * len(latents)
    if len(latents) != len(conditionings):
        raise ValueError(
            f"There are {len(latents)} latents but {len(conditionings)} conditionings: give one conditioning for each, "
            "or one for all."
        )
    return TrainingSet(latents, conditionings)


def bucketed(items: TrainingSet) -> TrainingSet:
    """One batch for each size of latent, with the conditionings of its samples one after the other."""
    buckets: dict[tuple[int, ...], tuple[list[Tensor], list[Any]]] = {}
    for latent, conditioning in zip(*items, strict=True):
        for sample in latent["samples"].split(1):
            samples, texts = buckets.setdefault(tuple(sample.shape[1:]), ([], []))
            samples.append(sample)
            texts.extend(conditioning)
    batches: list[Latent] = [{"samples": torch.cat(samples)} for samples, _ in buckets.values()]
    return TrainingSet(batches, [texts for _, texts in buckets.values()])


def shards(items: TrainingSet, size: int) -> list[TrainingSet]:
    """The items, so many to a file."""
    starts = range(0, len(items.latents), size)
    return [
        TrainingSet(items.latents[start : start + size], items.conditionings[start : start + size]) for start in starts
    ]


def encode(items: TrainingSet, files: int = 1) -> bytes:
    """Some items as the bytes of a file, which is one of so many."""
    tensors: dict[str, Tensor] = {}
    data = [_described(each, tensors) for each in zip(*items, strict=True)]
    return save(tensors, metadata={_ITEMS: json.dumps(data), _FILES: str(files)})


def read(paths: Sequence[Path]) -> TrainingSet:
    """The items of the files of one set, in their order; files left over from a larger set are not read.

    Raises:
        LatentFileError: a file holds none.
    """
    latents: list[Latent] = []
    conditionings: list[Conditioning] = []
    for number, path in enumerate(paths):
        try:
            with safe_open(path, "pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
                items, count = json.loads(file.metadata()[_ITEMS]), int(file.metadata()[_FILES])
            if number >= count:
                break
            for latent, conditioning in (_restored(each, tensors) for each in items):
                latents.append(latent)
                conditionings.append(conditioning)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            message = f'"{path.name}" is no part of a training set; save one with SaveTrainingDataset.'
            raise LatentFileError(message) from error
    return TrainingSet(latents, conditionings)


def _described(value: Any, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON, its tensors put aside under numbers."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {_TENSOR: name}
    if isinstance(value, Mapping):
        return {key: _described(each, tensors) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_described(each, tensors) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"A {type(value).__name__} in a conditioning cannot be saved; apply it after loading the set.")


def _restored(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_TENSOR}:
            return tensors[value[_TENSOR]]
        return {key: _restored(each, tensors) for key, each in value.items()}
    return [_restored(each, tensors) for each in value] if isinstance(value, list) else value
