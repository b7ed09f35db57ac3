"""Noise levels by formula, against the formulas."""

import math

import pytest
import torch
from diffusers.schedulers import AysSchedules
from torch import Tensor

from nodes.diffusion.schedules.sigma_formulas import (
    ALIGNED_LEVELS,
    align_your_steps,
    exponential_between,
    karras_between,
    laplace_between,
    polyexponential_between,
    variance_preserving,
)

LOW, HIGH = 0.03, 14.6


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
@pytest.mark.parametrize("formula", [karras_between, exponential_between, polyexponential_between])
def test_levels_fall_from_the_highest_to_the_lowest_and_then_to_zero(formula: object, steps: int) -> None:
    sigmas: Tensor = formula(LOW, HIGH, steps)  # type: ignore[operator]  # any of the three
    assert sigmas.dtype == torch.float32
    assert len(sigmas) == steps + 1
    assert float(sigmas[0]) == pytest.approx(HIGH, rel=1e-5)
    assert sigmas[-1] == 0
    assert (sigmas.diff() < 0).all()
    if steps > 1:
        assert float(sigmas[-2]) == pytest.approx(LOW, rel=1e-4)


def test_polyexponential_of_power_one_is_exponential() -> None:
    assert torch.allclose(polyexponential_between(LOW, HIGH, 9), exponential_between(LOW, HIGH, 9), rtol=1e-5)


def test_polyexponential_is_a_power_in_the_logarithm() -> None:
    wanted = [math.exp(math.log(LOW) + (1 - i / 4) ** 2.5 * math.log(HIGH / LOW)) for i in range(5)]
    assert polyexponential_between(LOW, HIGH, 5, 2.5)[:-1].tolist() == pytest.approx(wanted, rel=1e-5)


def test_laplace_levels_are_the_quantiles_within_the_limits() -> None:
    sigmas = laplace_between(LOW, HIGH, 21, mu=0.3, beta=0.7)
    assert len(sigmas) == 21
    assert sigmas[0] == HIGH
    assert sigmas[-1] == pytest.approx(LOW)
    assert float(sigmas[10]) == pytest.approx(math.exp(0.3))
    distribution = torch.distributions.Laplace(0.3, 0.7)
    assert distribution.cdf(sigmas[5].log()).item() == pytest.approx(0.75, abs=1e-4)


def test_variance_preserving_levels_are_those_of_song() -> None:
    time = [1 + (0.001 - 1) * i / 5 for i in range(6)]
    wanted = [math.sqrt(math.expm1(19.9 * t**2 / 2 + 0.1 * t)) for t in time]
    assert variance_preserving(6).tolist() == pytest.approx([*wanted, 0.0], rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "name"), [("SD1", "StableDiffusion"), ("SDXL", "StableDiffusionXL"), ("SVD", "StableDiffusionVideo")]
)
def test_ten_aligned_steps_are_the_published_ones(kind: str, name: str) -> None:
    assert align_your_steps(kind, 10).tolist() == pytest.approx(AysSchedules[f"{name}Sigmas"], rel=0.02)
    assert align_your_steps(kind, 10)[:-1].tolist() == pytest.approx(ALIGNED_LEVELS[kind][:-1])


def test_twenty_aligned_steps_lie_between_in_the_logarithm() -> None:
    ten, twenty = align_your_steps("SD1", 10), align_your_steps("SD1", 20)
    assert torch.allclose(twenty[:-1:2], ten[:-1], rtol=1e-5)
    assert torch.allclose(twenty[1:-2:2] ** 2, ten[:-2] * ten[1:-1], rtol=1e-5)
