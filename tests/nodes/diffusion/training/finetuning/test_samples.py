"""Samples of a training set, and which of them each draw takes."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.training.finetuning.samples import Draws, pictures_of, samples_of


def latent(count: int = 1, height: int = 4, width: int = 4):
    return {"samples": torch.rand(count, 4, height, width)}


def text(*values: float):
    return [(torch.full((1, 7, 8), value), {}) for value in values]


def test_each_picture_has_its_text_in_a_list_and_in_batches() -> None:
    found = samples_of([latent(), latent(2), latent(3)], [text(1.0), text(2.0, 3.0), text(4.0)])
    assert [float(each.context.mean()) for each in found] == [1.0, 2.0, 3.0, 4.0, 4.0, 4.0]
    assert len(pictures_of([latent(2), latent()])) == 3


def test_numbers_that_disagree_are_told() -> None:
    with pytest.raises(DiffusionError, match="Latent 0 holds 3 pictures, but its conditioning holds 2 texts"):
        samples_of([latent(3)], [text(1.0, 2.0)])
    with pytest.raises(DiffusionError, match="no pictures"):
        samples_of([], [])


def test_an_epoch_draws_every_sample_once_in_batches_of_one_size() -> None:
    samples = samples_of([latent(5), latent(3, 4, 8)], [text(1.0), text(1.0)])
    draws = Draws(samples, 2, seed=1)
    assert draws.per_epoch == 5
    for epoch in range(3):
        taken = [draws.at(epoch * 5 + number) for number in range(5)]
        assert all(len({each.bucket for each in batch}) == 1 for batch in taken)
        assert {id(each) for batch in taken for each in batch} == {id(each) for each in samples}
    orders = {tuple(id(each) for number in range(5) for each in draws.at(5 * epoch + number)) for epoch in range(4)}
    assert len(orders) > 1


def test_draws_depend_on_the_seed_and_their_number_alone() -> None:
    samples = samples_of([latent(6)], [text(1.0)])
    first, again, other = Draws(samples, 1, 1), Draws(samples, 1, 1), Draws(samples, 1, 2)
    assert [again.at(number)[0] for number in (9, 3)] == [first.at(number)[0] for number in (9, 3)]
    assert [other.at(number)[0] for number in range(6)] != [first.at(number)[0] for number in range(6)]


def test_latents_made_under_inference_mode_can_be_trained_with() -> None:
    with torch.inference_mode():
        made = samples_of([latent()], [text(1.0)])
    assert not made[0].latent.is_inference()
