"""Multistep samplers against the published formulas, written down once more from their sources."""

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from scipy import integrate
from torch import Tensor

from nodes.diffusion.samplers.ipndm_v import variable_weights
from nodes.diffusion.samplers.lagrange import lagrange_integrals
from nodes.diffusion.samplers.stochastic_adams import adams_weights, simple_weights
from tests.nodes.diffusion.samplers.curved import LEVELS, SIGMAS, D, difference

STEPS = len(LEVELS) - 1


def basis(points: Sequence[float], index: int) -> Callable[[float], float]:
    """Lagrange's polynomial that is 1 at one point and 0 at the others."""

    def value(place: float) -> float:
        others = (point for other, point in enumerate(points) if other != index)
        return math.prod((place - point) / (points[index] - point) for point in others)

    return value


def slopes_followed(x: Tensor, weights: Callable[[int, int], Sequence[float]], most: int) -> Tensor:
    """Follow the weighted last slopes; the step to zero gives the prediction."""
    slopes: list[Tensor] = []
    for i in range(STEPS):
        denoised = D(x, LEVELS[i])
        slopes = [(x - denoised) / LEVELS[i], *slopes][:most]
        if LEVELS[i + 1] == 0:
            return denoised
        x = x + sum(w * d for w, d in zip(weights(i, len(slopes)), slopes, strict=True))
    return x


def lms(x: Tensor, noises: Sequence[Tensor]) -> Tensor:
    """Adams-Bashforth on uneven levels, its weights by quadrature."""

    def weights(i: int, count: int) -> list[float]:
        points = [LEVELS[i - k] for k in range(count)]
        return [integrate.quad(basis(points, j), LEVELS[i], LEVELS[i + 1])[0] for j in range(count)]

    return slopes_followed(x, weights, 4)


def ipndm(x: Tensor, noises: Sequence[Tensor]) -> Tensor:
    """Liu et al., equation 12, and the lower orders before."""

    def weights(i: int, count: int) -> list[float]:
        even = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12], 4: [55 / 24, -59 / 24, 37 / 24, -9 / 24]}
        return [weight * (LEVELS[i + 1] - LEVELS[i]) for weight in even[count]]

    return slopes_followed(x, weights, 4)


def deis(x: Tensor, noises: Sequence[Tensor]) -> Tensor:
    """Zhang and Chen, tAB-DEIS, with exact integrals over time."""
    low, high = math.log(0.002**2 + 1), math.log(80.0**2 + 1)
    slope = 2 * (low / 1e-3 - high) / (1e-3 - 1)
    start = high - slope / 2

    def time(sigma: float) -> float:
        return (math.sqrt(start**2 + 2 * slope * math.log(sigma**2 + 1)) - start) / slope

    def sigma_at(time: float) -> float:
        return math.sqrt(math.expm1(slope / 2 * time**2 + start * time))

    def weights(i: int, count: int) -> list[float]:
        if count == 1:
            return [LEVELS[i + 1] - LEVELS[i]]
        points = [time(LEVELS[i - k]) for k in range(count)]
        found = []
        for j in range(count):
            polynomial = basis(points, j)

            def integrand(t: float, polynomial: Callable[[float], float] = polynomial) -> float:
                step = 1e-5
                return polynomial(t) * (sigma_at(t + step) - sigma_at(t - step)) / (2 * step)

            found.append(integrate.quad(integrand, points[0], time(LEVELS[i + 1]))[0])
        return found

    return slopes_followed(x, weights, 3)


def sa_solver(x: Tensor, noises: Sequence[Tensor]) -> Tensor:
    """Xue et al., algorithm 1: predictor of order 3, corrector of order 4, weights by quadrature."""
    lambdas = [-math.log(sigma) for sigma in LEVELS[:-1]]
    highest, lowest = D.percent_to_sigma(0.2), D.percent_to_sigma(0.8)
    draws = iter(noises)

    def step(x: Tensor, i: int, tau: float, known: dict[int, Tensor], noise: Tensor | float) -> Tensor:
        """From level i to level i + 1, with the predictions that are known."""
        rate = 1 + tau**2
        points, end = [lambdas[j] for j in known], lambdas[i + 1]
        x = LEVELS[i + 1] / LEVELS[i] * math.exp(-(tau**2) * (end - lambdas[i])) * x + noise
        for index, prediction in enumerate(known.values()):
            polynomial = basis(points, index)
            weight = integrate.quad(
                lambda at, polynomial=polynomial: rate * math.exp(rate * (at - end)) * polynomial(at), lambdas[i], end
            )[0]
            x = x + weight * prediction
        return x

    predictions: dict[int, Tensor] = {}
    predicted, noise, tau = x, 0.0, 0.0
    for i in range(STEPS):
        predictions[i] = D(predicted, LEVELS[i])
        if LEVELS[i + 1] == 0:
            return predictions[i]
        order = min(4, i + 1, STEPS - i)
        last = {j: predictions[j] for j in range(i - order + 1, i + 1)}
        x = x if i == 0 else step(x, i - 1, tau, last, noise)
        tau = 1.0 if highest >= LEVELS[i + 1] > lowest else 0.0
        width = lambdas[i + 1] - lambdas[i]
        noise = LEVELS[i + 1] * math.sqrt(-math.expm1(-2 * width)) * next(draws) if tau else 0.0
        order = min(3, i + 1, STEPS - 1 - i)
        predicted = step(x, i, tau, {j: predictions[j] for j in range(i - order + 1, i + 1)}, noise)
    return predicted


@pytest.mark.parametrize("formula", [lms, ipndm, sa_solver], ids=lambda formula: formula.__name__)
def test_a_sampler_is_its_published_formula(formula: Callable[[Tensor, Sequence[Tensor]], Tensor]) -> None:
    assert difference(formula.__name__, formula) < 1e-7


def test_deis_is_its_published_formula_up_to_its_sums() -> None:
    assert difference("deis", deis) < 2e-4


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_weights_of_polynomials_are_their_integrals(count: int) -> None:
    points = LEVELS[:count][::-1]
    wanted = [integrate.quad(basis(points, j), points[0], 0.02)[0] for j in range(count)]
    assert lagrange_integrals(points, points[0], 0.02) == pytest.approx(wanted, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_variable_weights_of_even_steps_are_those_of_adams_and_bashforth(count: int) -> None:
    points = [-1.0 * k for k in range(count)]
    wanted = lagrange_integrals(points, 0.0, 1.0)
    assert variable_weights(1.0, *[1.0] * (count - 1)) == pytest.approx(wanted)


def test_variable_weights_of_two_uneven_steps_are_exact() -> None:
    assert variable_weights(0.5, 2.0) == pytest.approx([w / 0.5 for w in lagrange_integrals([0.0, -2.0], 0.0, 0.5)])


def test_variable_weights_of_four_slopes_are_the_published_ones() -> None:
    """The coefficients as zju-pi's diff-sampler states them, with `h` the step and `a`, `b`, `c` those before."""
    h, a, b, c = 1.3, 1.9, 2.2, 3.1
    two = (1 - h / (3 * (h + a)) * (h * (h + a)) / (a * (a + b))) / 2
    share = (1 - h / (3 * (h + a))) / 2 + (1 - h / (2 * (h + a))) * h / (6 * (h + a + b))
    three = share * (h * (h + a) * (h + a + b)) / (a * (a + b) * (a + b + c))
    outer = a * (a + b) / (b * (b + c))
    wanted = [
        (2 + h / a) / 2 + two + three,
        -h / a / 2 - (1 + a / b) * two - (1 + a / b + outer) * three,
        two * a / b + (a / b + outer * (1 + b / c)) * three,
        -three * outer * a / b,
    ]
    assert variable_weights(h, a, b, c) == pytest.approx(wanted)


@pytest.mark.parametrize("tau", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_stochastic_adams_weights_are_the_integrals_of_the_paper(count: int, tau: float) -> None:
    points, start, end = [0.3, -0.4, -0.9, -2.0][:count], 0.3, 0.9
    rate = 1 + tau**2
    wanted = [
        integrate.quad(lambda at, b=basis(points, j): rate * math.exp(rate * (at - end)) * b(at), start, end)[0]
        for j in range(count)
    ]
    found = adams_weights(torch.tensor(points), torch.tensor(start), torch.tensor(end), tau)
    assert found.tolist() == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("corrects", [False, True])
def test_simple_weights_agree_with_the_exact_ones_to_the_second_order(corrects: bool) -> None:
    def apart(width: float) -> float:
        start, end = torch.tensor(0.0, dtype=torch.float64), torch.tensor(width, dtype=torch.float64)
        points = torch.stack([start, end] if corrects else [-end, start])
        exact = adams_weights(points, start, end, 0.5)
        return float((simple_weights(points, start, end, 0.5, corrects=corrects) - exact).abs().max())

    assert apart(0.05) < apart(0.1) / 3.5


def test_uni_pc_of_one_step_is_one_step_of_dpm_solver() -> None:
    sigmas = SIGMAS[[3, 6]]
    ratio = LEVELS[6] / LEVELS[3]
    assert difference("uni_pc", lambda x, noises: ratio * x + (1 - ratio) * D(x, LEVELS[3]), sigmas) < 1e-12
