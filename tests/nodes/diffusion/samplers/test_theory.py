"""Samplers against exact theory: orders of convergence, and the distributions that noise leads to."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise, independent_noise
from nodes.diffusion.samplers import SAMPLERS
from tests.nodes.diffusion.samplers.gaussian import DEVIATION, MEAN, Consistent, Gaussian

ORDERS: dict[str, float] = {
    "euler": 1,
    "euler_cfg_pp": 1,
    "heun": 2,
    "heunpp2": 1,
    "exp_heun_2_x0": 2,
    "dpm_2": 2,
    "lms": 2,
    "dpm_fast": 3,
    "dpmpp_2m": 2,
    "dpmpp_2m_cfg_pp": 2,
    "ipndm": 2,
    "ipndm_v": 2,
    "deis": 2,
    "res_multistep": 2,
    "res_multistep_cfg_pp": 2,
    "gradient_estimation": 1,
    "gradient_estimation_cfg_pp": 1,
    "ddim": 1,
    "uni_pc": 2,
    "uni_pc_bh2": 2,
}
"""Order of convergence of each deterministic sampler."""
ORDERS_WITHOUT_NOISE: dict[str, float] = {
    "euler_ancestral": 1,
    "euler_ancestral_cfg_pp": 1,
    "exp_heun_2_x0_sde": 2,
    "dpm_2_ancestral": 2,
    "dpmpp_2s_ancestral": 2,
    "dpmpp_2s_ancestral_cfg_pp": 2,
    "dpmpp_sde": 2,
    "dpmpp_sde_gpu": 2,
    "dpmpp_2m_sde": 2,
    "dpmpp_2m_sde_gpu": 2,
    "dpmpp_2m_sde_heun": 2,
    "dpmpp_2m_sde_heun_gpu": 2,
    "dpmpp_3m_sde": 2,
    "dpmpp_3m_sde_gpu": 2,
    "res_multistep_ancestral": 2,
    "res_multistep_ancestral_cfg_pp": 2,
    "er_sde": 1.7,
    "seeds_2": 2,
    "seeds_3": 3,
    "sa_solver": 3,
    "sa_solver_pece": 3,
}
"""The same of stochastic samplers with `eta` 0."""
FASTER_THAN_STATED = {"lms", "ipndm_v", "deis", "er_sde", "sa_solver", "sa_solver_pece"}
"""Samplers of which some steps are of a higher order than the worst ones, which shows until these dominate."""
ONLY_IN_DISTRIBUTION = {"ddpm", "lcm"}
OWN_STEPS = {"dpm_fast", "dpm_adaptive"}
"""Samplers that take only the ends of a schedule, and go no further than the last level above zero."""
STOPS_AT_A_THOUSANDTH = {"uni_pc", "uni_pc_bh2"}


def run(name: str, denoise: Any, x: Tensor, sigmas: Tensor, noise: StepNoise | None = None, **options: Any) -> Tensor:
    def refuse(sigma: Tensor, sigma_next: Tensor) -> Tensor:
        raise AssertionError(f"{name} drew noise")

    return SAMPLERS[name].run(
        denoise, x, sigmas, noise=noise or refuse, on_step=lambda step, steps, x, denoised: None, **options
    )


def levels(steps: int, is_flow: bool, last: float = 0.05) -> Tensor:
    first = 0.95 if is_flow else 10.0
    return torch.exp(torch.linspace(0, 1, steps + 1, dtype=torch.float64) * torch.tensor(last / first).log()) * first


def error(name: str, steps: int, is_flow: bool, **options: Any) -> float:
    denoise, sigmas = Gaussian(is_flow), levels(steps, is_flow)
    x = torch.linspace(-9, 9, 16, dtype=torch.float64).reshape(1, 1, 4, 4)
    return float((run(name, denoise, x, sigmas, **options) - denoise.solution(x, sigmas[0], sigmas[-1])).abs().max())


STEPS = {
    "dpm_fast": (101, 203),  # 34 and 68 steps, all of the same order
    "uni_pc": (300, 600),  # until its last step shows
}
CASES = [
    *((name, order, {}) for name, order in ORDERS.items()),
    *((name, order, {"eta": 0.0}) for name, order in ORDERS_WITHOUT_NOISE.items()),
]


@pytest.mark.parametrize("is_flow", [False, True], ids=["added noise", "flow"])
@pytest.mark.parametrize(("name", "order", "options"), CASES, ids=[name for name, *_ in CASES])
def test_halving_the_steps_divides_the_error_by_two_to_the_order(
    name: str, order: float, options: dict[str, Any], is_flow: bool
) -> None:
    few, many = STEPS.get(name, (100, 200))
    coarse, fine = error(name, few, is_flow, **options), error(name, many, is_flow, **options)
    measured = torch.tensor(coarse / fine).log2()
    assert order - 0.15 < measured
    assert measured < order + 0.3 or name in FASTER_THAN_STATED


def test_the_adaptive_solver_keeps_to_its_tolerance() -> None:
    errors = [error("dpm_adaptive", 2, False, rtol=tolerance, atol=tolerance / 10) for tolerance in (0.05, 0.0001)]
    assert errors[0] < 0.05
    assert errors[1] < 0.001


def test_every_sampler_is_held_against_theory() -> None:
    assert {*ORDERS, *ORDERS_WITHOUT_NOISE, *ONLY_IN_DISTRIBUTION, "dpm_adaptive"} == set(SAMPLERS)


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - OWN_STEPS - STOPS_AT_A_THOUSANDTH))
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


@pytest.mark.parametrize("name", sorted(STOPS_AT_A_THOUSANDTH))
def test_unipc_keeps_a_thousandth_of_noise(name: str) -> None:
    x = torch.full((1, 1, 2, 2), 3.0)
    ends = [run(name, Gaussian(), x, torch.tensor([2.0, 0.3, last])) for last in (0.0, 0.001)]
    assert torch.equal(*ends)
    ends = [run(name, Gaussian(is_flow=True), x, torch.tensor([0.9, 0.3, last])) for last in (0.0, 0.001)]
    assert torch.allclose(ends[0], ends[1] / 0.999)


@pytest.mark.parametrize("name", sorted(OWN_STEPS))
def test_own_steps_end_at_the_last_level_above_zero(name: str) -> None:
    x = torch.full((1, 1, 2, 2), 3.0)
    sigmas = levels(9, False, last=0.3).float()
    found = run(name, Gaussian(), x, torch.cat([sigmas, torch.zeros(1)]))
    assert torch.allclose(found, Gaussian().solution(x, sigmas[0], sigmas[-1]), atol=0.02)


@pytest.mark.parametrize("name", sorted(OWN_STEPS))
def test_own_steps_are_counted_to_their_end(name: str) -> None:
    told: list[tuple[int, int]] = []
    SAMPLERS[name].run(
        Gaussian(),
        torch.full((1, 1, 2, 2), 30.0),
        levels(20, False).float(),
        noise=lambda sigma, sigma_next: torch.zeros(1, 1, 2, 2),
        on_step=lambda step, steps, x, denoised: told.append((step, steps)),
    )
    assert [step for step, _ in told] == list(range(len(told)))
    assert told[-1] == (len(told) - 1, len(told))
    assert all(step < steps for step, steps in told)


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - OWN_STEPS))
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


DISTRIBUTIONS = [
    *((name, False) for name in (*ORDERS_WITHOUT_NOISE, "ddpm", "lcm") if not name.endswith("_gpu")),
    *(
        (name, True)
        for name in (
            "euler_ancestral",
            "euler_ancestral_cfg_pp",
            "dpm_2_ancestral",
            "dpmpp_2s_ancestral",
            "dpmpp_sde",
            "dpmpp_2m_sde",
            "dpmpp_3m_sde",
            "exp_heun_2_x0_sde",
            "er_sde",
            "seeds_2",
            "seeds_3",
            "sa_solver",
            "lcm",
        )
    ),
]


@pytest.mark.parametrize(("name", "is_flow"), DISTRIBUTIONS)
def test_samples_follow_the_distribution(name: str, is_flow: bool) -> None:
    denoise = Consistent(is_flow) if name == "lcm" else Gaussian(is_flow)
    steps = {"lcm": 3, "euler_ancestral": 150, "euler_ancestral_cfg_pp": 150, "ddpm": 150}.get(name, 60)
    sigmas = torch.cat([levels(steps, is_flow, last=0.01).float(), torch.zeros(1)])
    start = torch.randn(1, 1, 100, 100, generator=torch.Generator().manual_seed(3))
    x = Gaussian(is_flow).signal(sigmas[0]) * MEAN + Gaussian(is_flow).spread(sigmas[0]) * start
    result = run(name, denoise, x, sigmas, SAMPLERS[name].make_noise(x, 5, sigmas))
    assert abs(float(result.mean()) - MEAN) < 0.02
    assert abs(float(result.std()) - DEVIATION) < 0.02


@pytest.mark.parametrize("name", [*ORDERS_WITHOUT_NOISE, *sorted(ONLY_IN_DISTRIBUTION)])
def test_the_seed_decides_the_noise(name: str) -> None:
    sigmas = torch.tensor([8.0, 3.0, 1.0, 0.2, 0.0])
    x = torch.full((1, 1, 4, 4), 5.0)
    first, again, other = (
        run(name, Gaussian(), x, sigmas, SAMPLERS[name].make_noise(x, seed, sigmas)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-3)


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


REDUCTIONS = [
    ("euler_ancestral", {"eta": 0.0}, "euler"),
    ("euler_cfg_pp", {}, "euler"),
    ("euler_ancestral_cfg_pp", {"eta": 0.0}, "euler"),
    ("gradient_estimation", {"ge_gamma": 1.0}, "euler"),
    ("lms", {"order": 1}, "euler"),
    ("dpm_2_ancestral", {"eta": 0.0}, "dpm_2"),
    ("seeds_2", {"eta": 0.0, "solver_type": "phi_2", "r": 1.0}, "exp_heun_2_x0"),
]
REDUCTIONS_OF_ADDED_NOISE = [
    ("dpmpp_2m_cfg_pp", {}, "dpmpp_2m"),
    ("dpmpp_2m_sde", {"eta": 0.0}, "dpmpp_2m"),
    ("sa_solver", {"eta": 0.0, "predictor_order": 1, "corrector_order": 0}, "euler"),
    ("er_sde", {"solver_type": "ODE", "max_stage": 1}, "euler"),
    ("res_multistep_ancestral_cfg_pp", {"eta": 0.0}, "res_multistep"),
    ("dpmpp_2m_sde_heun", {"eta": 0.0}, "res_multistep"),
]


@pytest.mark.parametrize(
    ("name", "options", "other", "is_flow"),
    [
        *((*reduction, False) for reduction in (*REDUCTIONS, *REDUCTIONS_OF_ADDED_NOISE)),
        *((*reduction, True) for reduction in REDUCTIONS),
    ],
)
def test_one_sampler_is_another_for_some_options(name: str, options: dict[str, Any], other: str, is_flow: bool) -> None:
    sigmas = levels(10, is_flow)
    x = torch.randn(1, 1, 4, 4, dtype=torch.float64)
    found = run(name, Gaussian(is_flow), x, sigmas, **options)
    assert torch.allclose(found, run(other, Gaussian(is_flow), x, sigmas), atol=1e-11)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("dpmpp_2s_ancestral_cfg_pp", "dpmpp_2s_ancestral"),
        ("res_multistep_ancestral_cfg_pp", "res_multistep_ancestral"),
        ("euler_ancestral_cfg_pp", "euler_ancestral"),
    ],
)
def test_without_guidance_cfg_plus_plus_changes_nothing(name: str, other: str) -> None:
    sigmas = levels(10, False)
    x = torch.randn(1, 1, 4, 4, dtype=torch.float64)
    found, wanted = (run(each, Gaussian(), x, sigmas, independent_noise(x, 0, sigmas)) for each in (name, other))
    assert torch.allclose(found, wanted, atol=1e-11)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_flow_may_start_from_pure_noise(name: str) -> None:
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    sigmas = torch.tensor([1.0, 0.8, 0.5, 0.2, 0.0])
    result = run(name, Gaussian(is_flow=True), x, sigmas, SAMPLERS[name].make_noise(x, 5, sigmas))
    assert result.isfinite().all()
    assert abs(float(result.mean()) - MEAN) < 0.4


@pytest.mark.parametrize("name", SAMPLERS)
def test_one_step_and_no_step_are_allowed(name: str) -> None:
    x = torch.full((1, 1, 2, 2), 3.0)
    for sigmas in (torch.tensor([2.0, 0.0]), torch.tensor([2.0])):
        result = run(name, Gaussian(), x, sigmas, SAMPLERS[name].make_noise(x, 5, sigmas))
        assert result.isfinite().all()


def test_samplers_have_the_ecosystems_names_in_its_order() -> None:
    golden = json.loads((Path(__file__).parents[2] / "golden_interfaces.json").read_text())
    assert list(SAMPLERS) == golden["choices"]["SAMPLERS"]
