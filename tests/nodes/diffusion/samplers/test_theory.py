"""Samplers against exact theory: orders of convergence, and the distributions that noise leads to."""

from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise, independent_noise
from nodes.diffusion.samplers import SAMPLERS
from tests.nodes.diffusion.samplers.gaussian import DEVIATION, MEAN, Consistent, Gaussian

ORDERS = {"euler": 1, "ddim": 1, "heun": 2, "dpmpp_2m": 2}
"""Order of convergence of each deterministic sampler."""
STOCHASTIC = ("euler_ancestral", "ddpm", "lcm")


def run(name: str, denoise: Any, x: Tensor, sigmas: Tensor, noise: StepNoise | None = None, **options: Any) -> Tensor:
    def refuse(sigma: Tensor, sigma_next: Tensor) -> Tensor:
        raise AssertionError(f"{name} drew noise")

    return SAMPLERS[name].run(
        denoise, x, sigmas, noise=noise or refuse, on_step=lambda step, steps, x, denoised: None, **options
    )


def levels(steps: int, is_flow: bool, last: float = 0.05) -> Tensor:
    first = 0.95 if is_flow else 10.0
    return torch.exp(torch.linspace(0, 1, steps + 1, dtype=torch.float64) * torch.tensor(last / first).log()) * first


def error(name: str, steps: int, is_flow: bool) -> float:
    denoise, sigmas = Gaussian(is_flow), levels(steps, is_flow)
    x = torch.linspace(-9, 9, 16, dtype=torch.float64).reshape(1, 1, 4, 4)
    return float((run(name, denoise, x, sigmas) - denoise.solution(x, sigmas[0], sigmas[-1])).abs().max())


@pytest.mark.parametrize("is_flow", [False, True], ids=["added noise", "flow"])
@pytest.mark.parametrize(("name", "order"), ORDERS.items())
def test_halving_the_steps_divides_the_error_by_two_to_the_order(name: str, order: int, is_flow: bool) -> None:
    coarse, fine = error(name, 100, is_flow), error(name, 200, is_flow)
    assert order - 0.15 < torch.tensor(coarse / fine).log2() < order + 0.3


def test_every_sampler_is_held_against_theory() -> None:
    assert {*ORDERS, *STOCHASTIC} == set(SAMPLERS)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_last_step_to_zero_gives_the_prediction_itself(name: str) -> None:
    sigmas = torch.tensor([2.0, 0.3, 0.0])
    seen: list[Tensor] = []
    result = SAMPLERS[name].run(
        Gaussian(),
        torch.full((1, 1, 2, 2), 3.0),
        sigmas,
        noise=lambda sigma, sigma_next: torch.ones(1, 1, 2, 2),
        on_step=lambda step, steps, x, denoised: seen.append(denoised),
    )
    assert torch.allclose(result, seen[-1], atol=1e-6)


@pytest.mark.parametrize("name", SAMPLERS)
def test_each_step_is_told_once_in_order(name: str) -> None:
    told: list[tuple[int, int]] = []
    SAMPLERS[name].run(
        Gaussian(),
        torch.ones(1, 1, 2, 2),
        torch.tensor([5.0, 2.0, 1.0, 0.0]),
        noise=lambda sigma, sigma_next: torch.zeros(1, 1, 2, 2),
        on_step=lambda step, steps, x, denoised: told.append((step, steps)),
    )
    assert told == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_leaves_its_input_alone(name: str) -> None:
    x = torch.ones(1, 1, 2, 2)
    run(name, Gaussian(), x, torch.tensor([5.0, 1.0, 0.0]), lambda sigma, sigma_next: torch.ones(1, 1, 2, 2))
    assert torch.equal(x, torch.ones(1, 1, 2, 2))


@pytest.mark.parametrize(
    ("name", "is_flow", "steps"),
    [
        ("euler_ancestral", False, 150),
        ("euler_ancestral", True, 150),
        ("ddpm", False, 150),
        ("lcm", False, 3),
        ("lcm", True, 3),
    ],
)
def test_samples_follow_the_distribution(name: str, is_flow: bool, steps: int) -> None:
    denoise = Consistent(is_flow) if name == "lcm" else Gaussian(is_flow)
    sigmas = torch.cat([levels(steps, is_flow, last=0.01).float(), torch.zeros(1)])
    start = torch.randn(1, 1, 200, 200, generator=torch.Generator().manual_seed(3))
    x = Gaussian(is_flow).signal(sigmas[0]) * MEAN + Gaussian(is_flow).spread(sigmas[0]) * start
    result = run(name, denoise, x, sigmas, independent_noise(x, 5, sigmas))
    assert abs(float(result.mean()) - MEAN) < 0.015
    assert abs(float(result.std()) - DEVIATION) < 0.015


def test_ancestral_sampling_keeps_the_noise_of_each_level() -> None:
    """The spread of all latents after a step is that of the level it goes to, up to the error of Euler's step."""
    denoise = Gaussian()
    sigmas = levels(100, False).float()
    x = torch.randn(1, 1, 200, 200, generator=torch.Generator().manual_seed(0)) * denoise.spread(sigmas[0]) + MEAN
    spreads: list[float] = []
    SAMPLERS["euler_ancestral"].run(
        denoise,
        x,
        sigmas,
        noise=independent_noise(x, 0, sigmas),
        on_step=lambda step, steps, x, denoised: spreads.append(float(x.std())),
    )
    wanted = denoise.spread(sigmas[1:])
    assert (torch.tensor(spreads) / wanted - 1).abs().max() < 0.03


@pytest.mark.parametrize("is_flow", [False, True], ids=["added noise", "flow"])
def test_ancestral_sampling_without_noise_is_eulers_method(is_flow: bool) -> None:
    sigmas = levels(10, is_flow)
    x = torch.randn(1, 1, 4, 4, dtype=torch.float64)
    ancestral = run("euler_ancestral", Gaussian(is_flow), x, sigmas, eta=0.0)
    assert torch.allclose(ancestral, run("euler", Gaussian(is_flow), x, sigmas), atol=1e-12)
