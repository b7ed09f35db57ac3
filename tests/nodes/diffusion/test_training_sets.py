"""Encoded sets: grouped by size, kept in files."""

from pathlib import Path

import pytest
import torch

from nodes.diffusion import training_sets as sets
from nodes.diffusion.errors import LatentFileError
from nodes.diffusion.training_sets import TrainingSet
from nodes.diffusion.types import Conditioning, Latent


def latent(value: float, width: int = 4, batch: int = 1) -> Latent:
    return {"samples": torch.full((batch, 4, 2, width), value)}


def caption(value: float) -> Conditioning:
    return [(torch.full((1, 3, 5), value), {"pooled_output": torch.full((1, 5), value), "area": (1, 2, 3, 4)})]


def test_latents_are_grouped_by_size_and_keep_their_captions() -> None:
    items = TrainingSet([latent(1.0), latent(2.0, 8), latent(3.0)], [caption(1.0), caption(2.0), caption(3.0)])
    batches, captions = sets.bucketed(items)
    assert [batch["samples"][:, 0, 0, 0].tolist() for batch in batches] == [[1, 3], [2]]
    assert [[float(text.mean()) for text, _ in each] for each in captions] == [[1, 3], [2]]


def test_one_caption_stands_for_all_and_other_numbers_are_told() -> None:
    assert len(sets.paired([latent(1.0), latent(2.0)], [caption(1.0)]).conditionings) == 2
    with pytest.raises(ValueError, match="2 latents but 3 conditionings"):
        sets.paired([latent(1.0), latent(2.0)], [caption(1.0)] * 3)


def test_a_set_is_read_back_as_it_was_and_leftovers_are_not(tmp_path: Path) -> None:
    values = (1.0, 2.0, 3.0)
    items = TrainingSet([latent(each) for each in values], [caption(each) for each in values])
    shards = sets.shards(items, 2)
    assert [len(each.latents) for each in shards] == [2, 1]
    paths = [tmp_path / f"shard_{number}" for number in range(3)]
    for path, shard in zip(paths, (*shards, shards[0]), strict=True):
        path.write_bytes(sets.encode(shard, len(shards)))
    again = sets.read(paths)
    assert [float(each["samples"].mean()) for each in again.latents] == [1, 2, 3]
    ((text, options),) = again.conditionings[2]
    assert torch.equal(text, caption(3.0)[0][0])
    assert torch.equal(options["pooled_output"], torch.full((1, 5), 3.0))


def test_other_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "shard_0"
    path.write_bytes(b"nothing")
    with pytest.raises(LatentFileError, match="no part of a training set"):
        sets.read([path])
    with pytest.raises(ValueError, match="cannot be saved"):
        sets.encode(TrainingSet([latent(1.0)], [[(torch.zeros(1), {"control": object()})]]))
