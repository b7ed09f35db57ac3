"""Schedules against the published formulas, and which part of them a run takes."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import DiscreteParameterisation, FlowParameterisation, sigmas_of
from nodes.diffusion.schedules.named import SCHEDULES, Steps, beta_quantiles, last_steps, sd_turbo, sigmas_for
from tests.nodes.diffusion.networks import BETAS

TABLE = DiscreteParameterisation(sigmas_of(BETAS), "epsilon")
FLOW = FlowParameterisation(3.0)
SIGMAS = [float(sigma) for sigma in TABLE.sigmas]
HIGHEST, LOWEST = SIGMAS[-1], SIGMAS[0]


def levels(name: str, steps: int) -> list[float]:
    return SCHEDULES[name](TABLE, steps).tolist()


@pytest.mark.parametrize("prediction", [TABLE, FLOW], ids=["table", "flow"])
@pytest.mark.parametrize("name", SCHEDULES)
@given(steps=st.integers(1, 150))
def test_every_schedule_falls_to_zero(name: str, prediction: DiscreteParameterisation, steps: int) -> None:
    sigmas = SCHEDULES[name](prediction, steps)
    assert sigmas.dtype == torch.float32
    assert sigmas.device.type == "cpu"
    assert (sigmas.diff() < 0).all()
    assert sigmas[-1] == 0
    if name == "ddim_uniform":
        assert len(sigmas) > steps
    elif name == "beta":  # quantiles that fall on the same entry count once
        assert 2 <= len(sigmas) <= steps + 1
    else:
        assert len(sigmas) == steps + 1


@pytest.mark.parametrize("name", ["normal", "karras", "exponential", "simple"])
def test_twenty_steps_go_from_the_highest_level_to_near_the_lowest(name: str) -> None:
    assert levels(name, 20)[0] == pytest.approx(14.6146, abs=5e-5)
    if name != "simple":
        assert levels(name, 20)[-2] == pytest.approx(0.0292, abs=5e-5)


def test_normal_is_even_in_timesteps() -> None:
    expected = [999 * (1 - step / 19) for step in range(20)]
    logs = [math.log(sigma) for sigma in SIGMAS]
    interpolated = [math.exp(logs[int(t)] * (1 - t % 1) + logs[min(int(t) + 1, 999)] * (t % 1)) for t in expected]
    assert levels("normal", 20)[:-1] == pytest.approx(interpolated, rel=2e-5)


def test_karras_is_equation_5() -> None:
    high, low = HIGHEST ** (1 / 7), LOWEST ** (1 / 7)
    assert levels("karras", 12)[:-1] == pytest.approx(
        [(high + i / 11 * (low - high)) ** 7 for i in range(12)], rel=1e-5
    )


def test_exponential_is_a_geometric_series() -> None:
    ratio = (LOWEST / HIGHEST) ** (1 / 11)
    assert levels("exponential", 12)[:-1] == pytest.approx([HIGHEST * ratio**i for i in range(12)], rel=1e-5)


def test_simple_takes_entries_of_the_table_from_its_end() -> None:
    assert levels("simple", 4)[:-1] == [SIGMAS[999], SIGMAS[749], SIGMAS[499], SIGMAS[249]]


def test_sgm_uniform_leaves_the_lowest_level_out() -> None:
    assert levels("sgm_uniform", 3)[:-1] == pytest.approx([SIGMAS[999], SIGMAS[666], SIGMAS[333]], rel=1e-5)


def test_ddim_uniform_takes_every_nth_timestep_from_1() -> None:
    assert levels("ddim_uniform", 4)[:-1] == [SIGMAS[751], SIGMAS[501], SIGMAS[251], SIGMAS[1]]


def test_ddim_uniform_has_more_steps_where_the_table_does_not_divide() -> None:
    assert len(levels("ddim_uniform", 30)) == 32


def test_schedules_of_flows_are_shifted_lines() -> None:
    lowest = 3 * 0.001 / (1 + 2 * 0.001)  # a level, which is told to the network as its time, and so shifted again
    assert SCHEDULES["normal"](FLOW, 2).tolist() == pytest.approx([1.0, 3 * lowest / (1 + 2 * lowest), 0.0], rel=1e-4)
    assert SCHEDULES["simple"](FLOW, 4).tolist() == pytest.approx([1.0, 0.9, 0.75, 0.5, 0.0], abs=1e-6)


@given(steps=st.integers(1, 40), denoise=st.integers(1, 99))
def test_a_part_of_the_way_keeps_the_last_steps_of_a_longer_schedule(steps: int, denoise: int) -> None:
    found = sigmas_for(TABLE, Steps("karras", steps, denoise=denoise / 100))
    longer = SCHEDULES["karras"](TABLE, int(steps / (denoise / 100)))
    assert torch.equal(found, longer[-(steps + 1) :])


def test_nothing_is_left_to_do_without_denoising() -> None:
    assert len(sigmas_for(TABLE, Steps("normal", 20, denoise=0.0))) == 0


@given(steps=st.integers(1, 30), start=st.integers(0, 40), end=st.integers(0, 40))
def test_start_and_end_cut_the_schedule(steps: int, start: int, end: int) -> None:
    whole = SCHEDULES["normal"](TABLE, steps)
    found = sigmas_for(TABLE, Steps("normal", steps, start=start, end=end))
    if start >= min(end, steps):
        assert len(found) == 0
    else:
        assert torch.equal(found, whole[start : min(end, steps) + 1])


def test_a_run_that_ends_early_may_remove_all_noise_in_its_last_step() -> None:
    keeps = sigmas_for(TABLE, Steps("normal", 10, end=4))
    removes = sigmas_for(TABLE, Steps("normal", 10, end=4, leaves_noise=False))
    assert torch.equal(keeps[:-1], removes[:-1])
    assert (float(removes[-1]), float(keeps[-1]) > 0) == (0.0, True)


def test_some_samplers_leave_out_the_last_but_one_level() -> None:
    whole = SCHEDULES["normal"](TABLE, 11)
    found = sigmas_for(TABLE, Steps("normal", 10), drops_penultimate=True)
    assert torch.equal(found, torch.cat([whole[:-2], whole[-1:]]))


def test_the_last_steps_are_one_level_more_than_steps() -> None:
    assert torch.equal(last_steps(torch.arange(9.0), 3), torch.tensor([5.0, 6.0, 7.0, 8.0]))


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(DiffusionError, match='no schedule "turbo"; there are simple'):
        sigmas_for(TABLE, Steps("turbo", 10))


@pytest.mark.parametrize("name", ["normal", "ddim_uniform"])
def test_a_table_that_reaches_zero_itself_gets_no_further_zero(name: str) -> None:
    sigmas = SCHEDULES[name](FlowParameterisation(shift=1e-3), 19)
    assert len(sigmas) == 20
    assert 0 < float(sigmas[-1]) < 1e-5


@pytest.mark.parametrize(("alpha", "beta"), [(0.6, 0.6), (1.0, 1.0), (0.5, 3.0)])
@pytest.mark.parametrize("steps", [1, 4, 20, 200])
def test_beta_takes_the_entries_at_the_quantiles(alpha: float, beta: float, steps: int) -> None:
    quantiles = stats.beta.ppf([1 - step / steps for step in range(steps)], alpha, beta)
    entries = dict.fromkeys(round(999 * quantile) for quantile in quantiles)
    wanted = [SIGMAS[entry] for entry in entries]
    assert beta_quantiles(TABLE, steps, alpha, beta).tolist() == [*wanted, 0.0]


@pytest.mark.parametrize("shape", [(0.0, 0.6), (0.6, 0.0)])
def test_a_beta_distribution_without_shape_is_refused(shape: tuple[float, float]) -> None:
    with pytest.raises(DiffusionError, match="above 0"):
        beta_quantiles(TABLE, 4, *shape)


@pytest.mark.parametrize("steps", [2, 5, 10, 30])
def test_linear_quadratic_goes_evenly_to_a_fortieth_and_smoothly_on(steps: int) -> None:
    shares = 1 - np.array(levels("linear_quadratic", steps)) / HIGHEST
    half = steps // 2
    assert shares[: half + 1] == pytest.approx(0.025 * np.arange(half + 1) / half, abs=1e-6)
    assert shares[-1] == 1
    curve = np.diff(shares[half:], 2)
    assert curve == pytest.approx(np.full(len(curve), curve.mean() if len(curve) else 0.0), abs=1e-5)
    first = shares[half + 1] - shares[half]
    assert first == pytest.approx(0.025 / half + (curve.mean() / 2 if len(curve) else first - 0.025 / half), abs=1e-5)


def test_kl_optimal_is_even_in_the_arc_tangent() -> None:
    angles = [math.atan(HIGHEST) + (math.atan(LOWEST) - math.atan(HIGHEST)) * step / 9 for step in range(10)]
    assert levels("kl_optimal", 10)[:-1] == pytest.approx([math.tan(angle) for angle in angles], rel=1e-4)


@pytest.mark.parametrize("name", ["beta", "linear_quadratic", "kl_optimal"])
def test_one_step_starts_from_the_highest_level(name: str) -> None:
    assert levels(name, 1) == pytest.approx([HIGHEST, 0.0], rel=1e-4)


def test_sd_turbo_takes_every_hundredth_timestep() -> None:
    assert sd_turbo(TABLE, 10).tolist() == pytest.approx([*(SIGMAS[t] for t in range(999, 98, -100)), 0.0])
    assert sd_turbo(TABLE, 2, 0.55).tolist() == pytest.approx([SIGMAS[499], SIGMAS[399], 0.0])


def test_schedules_have_the_ecosystems_names_in_its_order() -> None:
    golden = json.loads((Path(__file__).parents[2] / "golden_interfaces.json").read_text())
    assert list(SCHEDULES) == golden["choices"]["SCHEDULERS"]
