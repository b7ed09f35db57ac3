"""Conditionings made ready: batches, times, extras, and a counterpart for every rectangle."""

import pytest
import torch

from nodes.diffusion.areas import Area
from nodes.diffusion.guidance.conditions import prepare, to_batch
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Start
from tests.nodes.diffusion.networks import EchoNetwork, text, word

LIKE = torch.zeros(3, 4, 16, 16)
TABLE = parameterisation_of(EchoNetwork(), {})


def test_texts_are_repeated_over_the_batch() -> None:
    (condition,) = prepare({"positive": text(tokens=5)}, TABLE, LIKE)["positive"]
    assert condition.context.shape == (3, 5, 16)
    assert condition.area is None
    assert not condition.is_local


def test_a_batch_of_texts_is_spread_or_cut() -> None:
    texts = torch.arange(2.0)[:, None]
    assert to_batch(texts, 5).flatten().tolist() == [0, 1, 0, 1, 0]
    assert to_batch(texts, 1).flatten().tolist() == [0]


def test_what_the_network_is_told_is_repeated_over_the_batch() -> None:
    network, start = EchoNetwork(), Start(LIKE)
    positive = text(pooled_output=torch.ones(1, 9), guidance=3.5, strength=2.0, note="x")
    prepared = prepare({"positive": positive}, TABLE, LIKE, lambda options, role: network.inputs(options, role, start))
    (condition,) = prepared["positive"]
    shapes = {name: tuple(value.shape) for name, value in condition.extra.items()}
    assert shapes == {"pooled_output": (3, 9), "guidance": (3,)}
    assert condition.extra["guidance"].tolist() == [3.5] * 3


def test_a_range_of_times_is_one_of_noise_levels() -> None:
    (condition,) = prepare({"positive": text(start_percent=0.25, end_percent=0.75)}, TABLE, LIKE)["positive"]
    begin, finish = TABLE.percent_to_sigma(0.25), TABLE.percent_to_sigma(0.75)
    assert condition.applies_at(begin)
    assert condition.applies_at(finish)
    assert not condition.applies_at(begin * 1.001)
    assert not condition.applies_at(finish * 0.999)


def test_without_a_range_a_text_applies_always() -> None:
    (condition,) = prepare({"positive": text()}, TABLE, LIKE)["positive"]
    assert condition.applies_at(1e6)
    assert condition.applies_at(0.0)


def test_the_other_side_gets_the_same_rectangle_with_its_own_text() -> None:
    positive = [*word(1.0), *word(2.0, area=(8, 8, 0, 0), strength=0.5)]
    prepared = prepare({"positive": positive, "negative": word(-1.0)}, TABLE, LIKE)
    assert [each.area for each in prepared["negative"]] == [None, Area(8, 8, 0, 0)]
    added = prepared["negative"][1]
    assert float(added.context.mean()) == -1.0
    assert torch.equal(added.weight, prepared["positive"][1].weight)
    assert len(prepared["positive"]) == 2


def test_the_counterpart_takes_the_text_of_the_narrowest_rectangle_around() -> None:
    negative = [*word(-1.0), *word(-2.0, area=(12, 12, 0, 0)), *word(-3.0, area=(4, 4, 12, 12))]
    prepared = prepare({"positive": word(1.0, area=(8, 8, 0, 0)), "negative": negative}, TABLE, LIKE)
    assert prepared["negative"][-1].area == Area(8, 8, 0, 0)
    assert float(prepared["negative"][-1].context.mean()) == -2.0


@pytest.mark.parametrize("negative", [word(-1.0, area=(8, 8, 0, 0)), word(-1.0, area=(4, 4, 8, 8))])
def test_there_is_no_counterpart_where_it_exists_or_nothing_lies_around(negative: list) -> None:
    prepared = prepare({"positive": word(1.0, area=(8, 8, 0, 0)), "negative": negative}, TABLE, LIKE)
    assert len(prepared["negative"]) == 1
