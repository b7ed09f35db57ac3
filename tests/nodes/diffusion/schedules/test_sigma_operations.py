"""Noise levels made from noise levels."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.schedules.sigma_operations import extended, flipped, parsed, split_by_denoise, with_first

SIGMAS = torch.tensor([14.0, 8.0, 4.0, 1.0, 0.0])


@given(denoise=st.floats(0.13, 1.0))
def test_both_parts_of_a_split_meet_and_hold_every_level(denoise: float) -> None:
    high, low = split_by_denoise(SIGMAS, denoise)
    assert len(low) == round(4 * denoise) + 1
    assert torch.equal(torch.cat([high[:-1], low]), SIGMAS)
    assert len(split_by_denoise(torch.empty(0), denoise)[1]) == 0


def test_a_split_at_nothing_keeps_the_last_level_only() -> None:
    high, low = split_by_denoise(SIGMAS, 0.0)
    assert high.tolist() == []
    assert low.tolist() == [0.0]


def test_flipped_levels_rise_from_almost_nothing() -> None:
    assert flipped(SIGMAS).tolist() == pytest.approx([1e-4, 1.0, 4.0, 8.0, 14.0])
    assert torch.equal(flipped(flipped(SIGMAS[:-1])), SIGMAS[:-1])
    assert flipped(torch.empty(0)).tolist() == []


def test_the_first_level_is_replaced_in_a_copy() -> None:
    assert with_first(SIGMAS, 136.0).tolist() == [136.0, 8.0, 4.0, 1.0, 0.0]
    assert SIGMAS[0] == 14.0
    assert with_first(torch.empty(0), 1.0).tolist() == []


@pytest.mark.parametrize(("spacing", "between"), [("linear", 0.5), ("cosine", 0.5**0.5), ("sine", 1 - 0.5**0.5)])
def test_steps_that_start_within_the_limits_are_divided(spacing: str, between: float) -> None:
    found = extended(SIGMAS, 2, 8.0, 4.0, spacing)  # type: ignore[arg-type]  # from the table above
    assert found.tolist() == pytest.approx([14.0, 8.0, 8.0 - 4 * between, 4.0, 4.0 - 3 * between, 1.0, 0.0])


def test_without_an_upper_limit_steps_from_the_start_are_divided() -> None:
    assert extended(SIGMAS, 3, -1.0, 14.0, "linear").tolist() == pytest.approx([14.0, 12.0, 10.0, 8.0, 4.0, 1.0, 0.0])
    assert torch.equal(extended(SIGMAS, 1, -1.0, 0.0, "sine"), SIGMAS)
    assert extended(torch.empty(0), 2, -1.0, 0.0, "sine").tolist() == []


def test_numbers_are_read_whatever_stands_between_them() -> None:
    assert parsed("1, 0.5").tolist() == [1.0, 0.5]
    assert parsed("[14.6; .25 -3\n7]").tolist() == pytest.approx([14.6, 0.25, -3.0, 7.0])
    assert parsed("none").tolist() == []
