"""Schedules that come from tables: the tables are whole, and what is between their rows follows from them."""

import json

import numpy as np
import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.schedules.searched_schedules import OPTIMAL_LEVELS, TABLE, geometry_inspired
from nodes.sampling.searched_schedulers import gits_scheduler, optimal_steps_scheduler
from tests.nodes.diffusion.networks import unet_network


def test_every_coefficient_has_a_row_for_two_to_twenty_steps_that_falls() -> None:
    table = json.loads(TABLE.read_text())
    assert list(table["steps"]) == [f"{0.8 + 0.05 * each:.2f}" for each in range(15)]
    levels = table["levels"]
    assert levels == sorted(levels, reverse=True)
    for rows in table["steps"].values():
        assert [len(row) for row in rows] == list(range(3, 22))
        for row in rows:
            assert row == sorted(set(row))
            assert (row[0], row[-1]) == (0, len(levels) - 1)


def test_levels_are_those_of_stable_diffusion_at_every_hundredth_of_its_time() -> None:
    time = torch.linspace(999, 0, 101, dtype=torch.float64)
    known = parameterisation_of(unet_network(), {}).sigma(time)
    for level in json.loads(TABLE.read_text())["levels"]:
        assert float((known / level - 1).abs().min()) < 5e-5


def test_published_rows_are_given_as_they_are_and_end_with_nought() -> None:
    wanted = [14.61464119, 7.49001646, 0.0]
    assert gits_scheduler(0.8, 2).tolist() == pytest.approx(wanted)
    assert len(gits_scheduler()) == 11
    flux = [*OPTIMAL_LEVELS["FLUX"][:-1], 0.0]
    assert optimal_steps_scheduler("FLUX", 10).tolist() == pytest.approx(flux)
    assert optimal_steps_scheduler("Wan", 20).tolist() == pytest.approx([*OPTIMAL_LEVELS["Wan"][:-1], 0.0])
    assert len(optimal_steps_scheduler("Chroma", 40)) == 41


@pytest.mark.parametrize("steps", [21, 40])
def test_beyond_the_table_the_logarithm_is_interpolated(steps: int) -> None:
    last = json.loads(TABLE.read_text())
    row = [last["levels"][each] for each in last["steps"]["1.20"][-1]]
    wanted = np.exp(np.interp(np.linspace(0, 20, steps + 1), np.arange(21), np.log(row)))
    assert gits_scheduler(1.2, steps)[:-1].tolist() == pytest.approx(wanted[:-1], rel=1e-5)
    assert len(optimal_steps_scheduler("FLUX", steps)) == steps + 1


def test_denoise_leaves_the_last_steps() -> None:
    whole = optimal_steps_scheduler("FLUX", 10)
    assert torch.equal(optimal_steps_scheduler("FLUX", 10, 0.5), whole[-6:])
    assert not len(gits_scheduler(1.2, 10, 0.0))
    assert len(gits_scheduler(1.2, 10, 0.3)) == 4


def test_other_coefficients_are_refused() -> None:
    with pytest.raises(DiffusionError, match=r"coeff must be one of 0\.80, .* got 1\.23"):
        geometry_inspired(1.23, 5)
