"""Samplers with stages, noise or CFG++ against the published formulas, written down once more from their sources."""

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from tests.nodes.diffusion.samplers.curved import LEVELS, D, U, ancestral, difference

STEPS = len(LEVELS) - 1
Noises = Sequence[Tensor]
PAIRS = [(LEVELS[i], LEVELS[i + 1]) for i in range(STEPS)]


def dpm_2(x: Tensor, noises: Noises) -> Tensor:
    """Lu et al., 2022, algorithm 1, in sigma: the slope at the geometric mean of both levels."""
    for s, t in PAIRS:
        d = (x - D(x, s)) / s
        if t > 0:
            m = math.sqrt(s * t)
            inner = x + d * (m - s)
            d = (inner - D(inner, m)) / m
        x = x + d * (t - s)
    return x


def dpm_2_ancestral(x: Tensor, noises: Noises) -> Tensor:
    """The same to below each level, and back with noise."""
    for i, (s, t) in enumerate(PAIRS):
        down, up = ancestral(s, t)
        d = (x - D(x, s)) / s
        if down > 0:
            m = math.sqrt(s * down)
            inner = x + d * (m - s)
            d = (inner - D(inner, m)) / m
        x = x + d * (down - s) + up * noises[i]
    return x


def heunpp2(x: Tensor, noises: Noises) -> Tensor:
    """Carzit's Heun++: three slopes, two before the end, one at the end."""
    top = LEVELS[0]
    for i, (s, t) in enumerate(PAIRS):
        d = (x - D(x, s)) / s
        if i < STEPS - 1:
            x2 = x + d * (t - s)
            d2 = (x2 - D(x2, t)) / t
            if i == STEPS - 2:
                w2 = t / (2 * top)
                d = (1 - w2) * d + w2 * d2
            else:
                u = LEVELS[i + 2]
                x3 = x2 + d2 * (u - t)
                d3 = (x3 - D(x3, u)) / u
                w2, w3 = t / (3 * top), u / (3 * top)
                d = (1 - w2 - w3) * d + w2 * d2 + w3 * d3
        x = x + d * (t - s)
    return x


def dpmpp_2s_ancestral(x: Tensor, noises: Noises) -> Tensor:
    """Lu et al., DPM-Solver++, algorithm 1 with r = 1/2, to below each level, and back with noise."""
    for i, (s, t) in enumerate(PAIRS):
        down, up = ancestral(s, t)
        if down == 0:
            return D(x, s)
        h = math.log(s / down)
        m = s * math.exp(-h / 2)
        inner = math.exp(-h / 2) * x - math.expm1(-h / 2) * D(x, s)
        x = math.exp(-h) * x - math.expm1(-h) * D(inner, m) + up * noises[i]
    return x


def dpmpp_sde(x: Tensor, noises: Noises) -> Tensor:
    """Crowson's stochastic DPM-Solver++ with a stage at r = 1/2."""
    draws = iter(noises)
    for s, t in PAIRS:
        first = D(x, s)
        if t == 0:
            return first
        m = math.sqrt(s * t)
        down, up = ancestral(s, m)
        inner = down / s * x + (1 - down / s) * first + up * next(draws)
        second = D(inner, m)
        down, up = ancestral(s, t)
        x = down / s * x + (1 - down / s) * second + up * next(draws)
    return x


def dpmpp_2m_sde(x: Tensor, noises: Noises, solver_type: str = "midpoint") -> Tensor:
    """Lu et al., SDE-DPM-Solver++(2M), eta = 1."""
    before, last = None, 0.0
    for i, (s, t) in enumerate(PAIRS):
        denoised = D(x, s)
        if t == 0:
            return denoised
        h = math.log(s / t)
        x = (t / s) ** 2 * x + (1 - (t / s) ** 2) * denoised
        if before is not None:
            change = (denoised - before) * h / last
            weight = (1 - math.exp(-2 * h)) / 2 if solver_type == "midpoint" else 1 - (1 - math.exp(-2 * h)) / (2 * h)
            x = x + weight * change
        x = x + t * math.sqrt(1 - math.exp(-2 * h)) * noises[i]
        before, last = denoised, h
    return x


def dpmpp_2m_sde_heun(x: Tensor, noises: Noises) -> Tensor:
    """The same with the change integrated."""
    return dpmpp_2m_sde(x, noises, "heun")


def dpmpp_3m_sde(x: Tensor, noises: Noises) -> Tensor:
    """Crowson's third-order version, eta = 1: Newton's polynomial through the last predictions, integrated."""
    known: list[tuple[float, Tensor]] = []
    for i, (s, t) in enumerate(PAIRS):
        denoised = D(x, s)
        if t == 0:
            return denoised
        known = [(-math.log(s), denoised), *known][:3]
        h = math.log(s / t)
        rate = 2 * h
        phi_1 = -math.expm1(-rate)
        phi_2 = math.expm1(-rate) / rate + 1
        phi_3 = phi_2 / rate - 0.5
        x = (t / s) ** 2 * x + phi_1 * denoised
        if len(known) == 2:
            x = x + phi_2 * h * (denoised - known[1][1]) / (known[0][0] - known[1][0])
        if len(known) == 3:
            (a, first), (b, second), (c, third) = known
            near, far = (first - second) / (a - b), (second - third) / (b - c)
            bend = h * h * (near - far) / (a - c)
            x = x + phi_2 * (h * near + bend * (a - b) / h) - phi_3 * bend
        x = x + t * math.sqrt(-math.expm1(-2 * h)) * noises[i]
    return x


def er_sde(x: Tensor, noises: Noises) -> Tensor:
    """Cui et al., VE ER-SDE-Solver-3 with their fifth noise function, as their code has it but for 200 points."""

    def phi(sigma: float) -> float:
        return sigma * (math.exp(sigma**0.3) + 10)

    known: list[tuple[float, Tensor]] = []
    slope_before: Tensor | None = None
    for i, (s, t) in enumerate(PAIRS):
        denoised = D(x, s)
        if t == 0:
            return denoised
        r = phi(t) / phi(s)
        x = r * x + (1 - r) * denoised
        if known:
            places = [t + k / 200 * (s - t) for k in range(200)]
            integral = sum(1 / phi(p) for p in places) * (s - t) / 200
            slope = (denoised - known[-1][1]) / (s - known[-1][0])
            x = x + (t - s + integral * phi(t)) * slope
            if slope_before is not None:
                moment = sum((p - s) / phi(p) for p in places) * (s - t) / 200
                bend = 2 * (slope - slope_before) / (s - known[-2][0])
                x = x + ((t - s) ** 2 / 2 + moment * phi(t)) * bend
            slope_before = slope
        x = x + math.sqrt(t * t - (s * r) ** 2) * noises[i]
        known.append((s, denoised))
    return x


def noise_between(s: float, t: float) -> float:
    """The deviation of `t` times the integral of white noise, decaying, from s to t (eta = 1)."""
    return t * math.sqrt(1 - (t / s) ** 2)


def seeds_2(x: Tensor, noises: Noises) -> Tensor:
    """Gonzalez et al., SEEDS-2, c = 1/2: both stages see the same noise up to the middle."""
    draws = iter(noises)
    for s, t in PAIRS:
        first = D(x, s)
        if t == 0:
            return first
        m = math.sqrt(s * t)
        half = next(draws) * noise_between(s, m)
        second = D((m / s) ** 2 * x + (1 - (m / s) ** 2) * first + half, m)
        x = (t / s) ** 2 * x + (1 - (t / s) ** 2) * second + half * (t / m) ** 2 + next(draws) * noise_between(m, t)
    return x


def seeds_3(x: Tensor, noises: Noises) -> Tensor:
    """Gonzalez et al., SEEDS-3, c = 1/3 and 2/3."""
    draws = iter(noises)
    for s, t in PAIRS:
        first = D(x, s)
        if t == 0:
            return first
        h = 2 * math.log(s / t)
        a, b = s * (t / s) ** (1 / 3), s * (t / s) ** (2 / 3)

        def line(width: float) -> float:
            """The integral of a line from 0 to 1 over a step."""
            return 1 + math.expm1(-width) / width

        path = next(draws) * noise_between(s, a)
        second = D((a / s) ** 2 * x + (1 - (a / s) ** 2) * first + path, a)
        path = path * (b / a) ** 2 + next(draws) * noise_between(a, b)
        bend = 2 * line(2 * h / 3) * (second - first)
        third = D((b / s) ** 2 * x + (1 - (b / s) ** 2) * first + bend + path, b)
        path = path * (t / b) ** 2 + next(draws) * noise_between(b, t)
        x = (t / s) ** 2 * x + (1 - (t / s) ** 2) * first + 1.5 * line(h) * (third - first) + path
    return x


def exp_heun_2_x0(x: Tensor, noises: Noises) -> Tensor:
    """Hochbruck and Ostermann, the two-stage exponential method with c = 1."""
    for s, t in PAIRS:
        first = D(x, s)
        if t == 0:
            return first
        h = math.log(s / t)
        guess = t / s * x + (1 - t / s) * first
        x = guess + (1 + math.expm1(-h) / h) * (D(guess, t) - first)
    return x


def gradient_estimation(x: Tensor, noises: Noises) -> Tensor:
    """Permenter and Yuan: gamma = 2 times this slope less the last one."""
    before = None
    for s, t in PAIRS:
        d = (x - D(x, s)) / s
        mean = d if before is None or t == 0 else 2 * d - before
        x, before = x + mean * (t - s), d
    return x


def res_multistep(x: Tensor, noises: Noises) -> Tensor:
    """Zhang et al., RES: weights that meet the order conditions for nodes at 0 and at the last level."""
    before = None
    for i, (s, t) in enumerate(PAIRS):
        denoised = D(x, s)
        if t == 0:
            return denoised
        if before is None:
            x = x + (x - denoised) / s * (t - s)
        else:
            h = math.log(s / t)
            node = -math.log(LEVELS[i - 1] / s) / h
            phi_1 = -math.expm1(-h) / h
            phi_2 = (phi_1 - 1) / -h
            x = t / s * x + h * ((phi_1 - phi_2 / node) * denoised + phi_2 / node * before)
        before = denoised
    return x


def euler_cfg_pp(x: Tensor, noises: Noises) -> Tensor:
    """Chung et al., algorithm 2: noise of the unconditional prediction on the guided one."""
    for s, t in PAIRS:
        x = D(x, s) + t * (x - U(x, s)) / s
    return x


def euler_ancestral_cfg_pp(x: Tensor, noises: Noises) -> Tensor:
    """The same to below each level, and back with noise."""
    for i, (s, t) in enumerate(PAIRS):
        down, up = ancestral(s, t)
        x = D(x, s) + down * (x - U(x, s)) / s + up * noises[i]
    return x


def gradient_estimation_cfg_pp(x: Tensor, noises: Noises) -> Tensor:
    """Gradient estimation of the unconditional slope, from the guided prediction."""
    before = None
    for s, t in PAIRS:
        d = (x - U(x, s)) / s
        x = D(x, s) + t * d + (0 if before is None else (d - before) * (t - s) * (t > 0))
        before = d
    return x


def dpmpp_2m_cfg_pp(x: Tensor, noises: Noises) -> Tensor:
    """DPM-Solver++(2M) whose noise is the unconditional prediction's."""
    before = None
    for i, (s, t) in enumerate(PAIRS):
        denoised, unconditional = D(x, s), U(x, s)
        ratio = t / s
        x = denoised + ratio * (x - unconditional)
        if before is not None and t > 0:
            x = x + (1 - ratio) * math.log(s / t) / (2 * math.log(LEVELS[i - 1] / s)) * (denoised - before)
        before = unconditional
    return x


def dpmpp_2s_ancestral_cfg_pp(x: Tensor, noises: Noises) -> Tensor:
    """DPM-Solver++(2S) from a latent moved by the difference of both predictions."""
    for i, (s, t) in enumerate(PAIRS):
        down, up = ancestral(s, t)
        denoised = D(x, s)
        if down == 0:
            return denoised
        moved = x + denoised - U(x, s)
        m = math.sqrt(s * down)
        inner = D(m / s * moved + (1 - m / s) * denoised, m)
        x = down / s * moved + (1 - down / s) * inner + up * noises[i]
    return x


def res_multistep_ancestral_cfg_pp(x: Tensor, noises: Noises) -> Tensor:
    """RES with ancestral steps: what is remembered lies where the last step went down to."""
    before, reached = None, 0.0
    for i, (s, t) in enumerate(PAIRS):
        denoised, unconditional = D(x, s), U(x, s)
        down, up = ancestral(s, t)
        if down == 0:
            return denoised
        if before is None:
            x = denoised + down * (x - unconditional) / s
        else:
            h = math.log(s / down)
            node = math.log(reached / LEVELS[i - 1]) / h
            phi_1 = -math.expm1(-h) / h
            phi_2 = (phi_1 - 1) / -h
            x = down / s * (x + denoised - unconditional)
            x = x + h * ((phi_1 - phi_2 / node) * unconditional + phi_2 / node * before)
        x = x + up * noises[i]
        before, reached = unconditional, down
    return x


FORMULAS = (
    dpm_2,
    dpm_2_ancestral,
    heunpp2,
    dpmpp_2s_ancestral,
    dpmpp_sde,
    dpmpp_2m_sde,
    dpmpp_2m_sde_heun,
    dpmpp_3m_sde,
    er_sde,
    seeds_2,
    seeds_3,
    exp_heun_2_x0,
    gradient_estimation,
    res_multistep,
    euler_cfg_pp,
    euler_ancestral_cfg_pp,
    gradient_estimation_cfg_pp,
    dpmpp_2m_cfg_pp,
    dpmpp_2s_ancestral_cfg_pp,
    res_multistep_ancestral_cfg_pp,
)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_a_sampler_is_its_published_formula(formula: Callable[[Tensor, Noises], Tensor]) -> None:
    assert difference(formula.__name__, formula) < 1e-9


def test_the_alternative_of_euler_cfg_pp_moves_the_latent_before_it_takes_the_slope() -> None:
    def alternative(x: Tensor, noises: Noises) -> Tensor:
        for s, t in PAIRS:
            denoised = D(x, s)
            x = x + (x - 2 * denoised + U(x, s)) / s * (t - s)
        return x

    assert difference("euler_cfg_pp", alternative, version="alternative") < 1e-9


def test_noise_of_lcm_is_scaled_from_step_to_step_and_clipped() -> None:
    def lcm(x: Tensor, noises: Noises) -> Tensor:
        for i, (s, t) in enumerate(PAIRS):
            limit = 1.5 * noises[i].std()
            scale = 1.2 + (0.4 - 1.2) * i / (STEPS - 1)
            x = D(x, s) + t * scale * torch.minimum(torch.maximum(noises[i], -limit), limit)
        return x

    assert difference("lcm", lcm, s_noise=1.2, s_noise_end=0.4, noise_clip_std=1.5) < 1e-12


@pytest.mark.parametrize("solver_type", ["ER-SDE", "Reverse-time SDE"])
def test_stochastic_solvers_without_noise_draw_none(solver_type: str) -> None:
    """Without fresh noise only the deterministic part of the same equation is left."""
    silent = [torch.zeros(2, 4, 8, 8, dtype=torch.float64)] * 40

    def same(x: Tensor, noises: Noises) -> Tensor:
        return er_sde(x, silent)

    found = difference("er_sde", same, s_noise=0.0, solver_type=solver_type)
    assert (found < 1e-9) == (solver_type == "ER-SDE")
