"""Calls of the network: what fits shares a batch, and predictions are averaged by weight."""

from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.diffusion.guidance.calls import plan_calls, predict
from nodes.diffusion.guidance.conditions import prepare
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Conditioning, Start
from tests.nodes.diffusion.networks import EchoNetwork, text, unet_network, word

SIGMA = torch.tensor(2.0)
X = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))


def predicted(network: Any, x: Tensor = X, **conditionings: Conditioning) -> dict[str, Tensor]:
    parameterisation = parameterisation_of(network, {})
    start = Start(x)
    told = prepare(conditionings, parameterisation, x, lambda options, role: network.inputs(options, role, start))
    calls = plan_calls(told, x)
    return predict(network, parameterisation, calls, x, SIGMA)


def test_both_sides_share_one_call() -> None:
    network = unet_network()
    found = predicted(network, positive=text(1), negative=text(2))
    assert network.rows == [2]
    for role, seed in (("positive", 1), ("negative", 2)):
        alone = predicted(unet_network(), **{role: text(seed)})[role]
        assert torch.allclose(found[role], alone, atol=1e-5)


@pytest.mark.parametrize(("first", "second"), [(77, 154), (77, 231), (10, 40), (6, 4)])
def test_texts_of_different_lengths_share_a_call_by_repetition(first: int, second: int) -> None:
    network = unet_network()
    found = predicted(network, positive=text(1, first), negative=text(2, second))
    assert network.rows == [2]
    assert torch.allclose(found["positive"], predicted(unet_network(), positive=text(1, first))["positive"], atol=1e-5)
    assert torch.allclose(found["negative"], predicted(unet_network(), negative=text(2, second))["negative"], atol=1e-5)


def test_texts_that_would_have_to_be_repeated_often_have_calls_of_their_own() -> None:
    network = unet_network()
    predicted(network, positive=text(1, 7), negative=text(2, 11))
    assert network.rows == [1, 1]


def test_texts_with_other_extras_have_calls_of_their_own() -> None:
    network = EchoNetwork()
    predicted(network, positive=word(1.0, pooled_output=torch.ones(1, 3)), negative=word(2.0))
    assert len(network.shapes) == 2
    assert [sorted(extra) for extra in network.extras] == [["pooled_output", "sigma"], ["sigma"]]


def test_extras_are_joined_like_their_texts() -> None:
    network = EchoNetwork()
    predicted(network, X.repeat(2, 1, 1, 1), positive=word(1.0, guidance=3.0), negative=word(2.0, guidance=4.0))
    assert network.extras[0]["guidance"].tolist() == [3, 3, 4, 4]


def test_rectangles_of_one_size_share_a_call_and_see_only_their_part() -> None:
    network = EchoNetwork()
    halves = [*word(1.0, area=(16, 8, 0, 0)), *word(3.0, area=(16, 8, 0, 8))]
    found = predicted(network, positive=halves)["positive"]
    assert network.shapes == [(2, 4, 16, 8)]
    assert torch.allclose(found[..., :8], torch.tensor(1.0))
    assert torch.allclose(found[..., 8:], torch.tensor(3.0))


def test_two_texts_are_averaged_by_strength() -> None:
    found = predicted(EchoNetwork(), positive=[*word(1.0, strength=3.0), *word(5.0)])["positive"]
    assert torch.allclose(found, torch.tensor(2.0))


def test_masks_blend_texts_from_place_to_place() -> None:
    mask = torch.linspace(0, 1, 16).expand(16, 16)
    both = [*word(1.0, mask=1 - mask), *word(3.0, mask=mask, mask_strength=1.0)]
    found = predicted(EchoNetwork(), positive=both)["positive"]
    assert torch.allclose(found, (1 + 2 * mask).expand(1, 4, 16, 16), atol=1e-6)


def test_a_mask_may_differ_from_item_to_item() -> None:
    mask = torch.stack([torch.ones(16, 16), torch.zeros(16, 16)])
    both = [*word(1.0, mask=mask), *word(3.0, mask=1 - mask)]
    found = predicted(EchoNetwork(), X.repeat(2, 1, 1, 1), positive=both)["positive"]
    assert found.mean((1, 2, 3)).tolist() == pytest.approx([1.0, 3.0])


def test_a_mask_with_bounds_shows_only_its_rectangle() -> None:
    network = EchoNetwork()
    mask = torch.zeros(16, 16)
    mask[2:12, 4:14] = 1
    both = [*word(1.0), *word(3.0, mask=mask, set_area_to_bounds=True, strength=1.0)]
    found = predicted(network, positive=both)["positive"]
    assert sorted(network.shapes) == [(1, 4, 10, 10), (1, 4, 16, 16)]
    assert torch.allclose(found[0, 0], 1 + mask, atol=1e-6)


def test_an_area_over_the_whole_picture_changes_nothing() -> None:
    plain = predicted(unet_network(), positive=text())["positive"]
    whole = predicted(unet_network(), positive=text(area=(16, 16, 0, 0), strength=0.7))["positive"]
    assert torch.allclose(plain, whole, atol=1e-5)


def test_where_no_text_applies_the_prediction_is_zero() -> None:
    found = predicted(EchoNetwork(), positive=word(2.0, area=(8, 16, 0, 0)))["positive"]
    assert torch.allclose(found[..., :8, :], torch.tensor(2.0))
    assert not found[..., 8:, :].any()


def test_a_text_without_strength_does_not_count() -> None:
    found = predicted(EchoNetwork(), positive=[*word(2.0, strength=0.0), *word(5.0)])["positive"]
    assert torch.allclose(found, torch.tensor(5.0))
    assert not predicted(EchoNetwork(), positive=word(2.0, strength=0.0))["positive"].any()


def test_what_lies_over_the_latent_is_cut_to_the_rectangle_of_its_text() -> None:
    network = EchoNetwork()
    over = torch.arange(16.0).expand(1, 1, 16, 16)
    predicted(network, positive=word(1.0, overlay=over, area=(8, 8, 0, 8)))
    (shown,) = network.extras
    assert torch.equal(shown["overlay"], over[..., :8, 8:])
