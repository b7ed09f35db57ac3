"""Samplers against the published formulas, written down once more from their sources."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nodes.diffusion.samplers import SAMPLERS

Noises = list[Tensor]
SIGMAS = torch.cat([torch.linspace(14.6 ** (1 / 7), 0.03 ** (1 / 7), 9) ** 7, torch.zeros(1)])
"""The levels of Karras et al."""


class Curved:
    """A denoiser that is linear in nothing."""

    is_flow = False

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        return torch.tanh(x / (1 + sigma)) * (1.3 + torch.sin(3 * x) / (2 + sigma))


D = Curved()


def euler(x: Tensor, noises: Noises) -> Tensor:
    """Karras et al., algorithm 2 with S_churn = 0 and without the correction, as k-diffusion writes it."""
    for i in range(len(SIGMAS) - 1):
        d = (x - D(x, SIGMAS[i])) / SIGMAS[i]
        dt = SIGMAS[i + 1] - SIGMAS[i]
        x = x + d * dt
    return x


def heun(x: Tensor, noises: Noises) -> Tensor:
    """Karras et al., algorithm 2 with S_churn = 0."""
    for i in range(len(SIGMAS) - 1):
        d = (x - D(x, SIGMAS[i])) / SIGMAS[i]
        dt = SIGMAS[i + 1] - SIGMAS[i]
        if SIGMAS[i + 1] == 0:
            x = x + d * dt
        else:
            x_2 = x + d * dt
            d_2 = (x_2 - D(x_2, SIGMAS[i + 1])) / SIGMAS[i + 1]
            d_prime = (d + d_2) / 2
            x = x + d_prime * dt
    return x


def dpmpp_2m(x: Tensor, noises: Noises) -> Tensor:
    """Lu et al., algorithm 2 with alpha = 1, lambda = -log(sigma)."""
    old = None
    for i in range(len(SIGMAS) - 1):
        denoised = D(x, SIGMAS[i])
        t, t_next = SIGMAS[i].log().neg(), SIGMAS[i + 1].log().neg()
        h = t_next - t
        if old is None or SIGMAS[i + 1] == 0:
            x = (t_next.neg().exp() / t.neg().exp()) * x - (-h).expm1() * denoised
        else:
            h_last = t - SIGMAS[i - 1].log().neg()
            r = h_last / h
            denoised_d = (1 + 1 / (2 * r)) * denoised - (1 / (2 * r)) * old
            x = (t_next.neg().exp() / t.neg().exp()) * x - (-h).expm1() * denoised_d
        old = denoised
    return x


def euler_ancestral(x: Tensor, noises: Noises) -> Tensor:
    """Song et al., ancestral sampling, as k-diffusion writes it."""
    for i in range(len(SIGMAS) - 1):
        denoised = D(x, SIGMAS[i])
        up = min(
            SIGMAS[i + 1],
            1.0 * (SIGMAS[i + 1] ** 2 * (SIGMAS[i] ** 2 - SIGMAS[i + 1] ** 2) / SIGMAS[i] ** 2) ** 0.5,
        )
        down = (SIGMAS[i + 1] ** 2 - up**2) ** 0.5
        if down == 0:
            x = denoised
        else:
            x = x + (x - denoised) / SIGMAS[i] * (down - SIGMAS[i]) + noises[i] * 1.0 * up
    return x


def ddpm(x: Tensor, noises: Noises) -> Tensor:
    """Ho et al., equations 6 and 7: the posterior given x_t and x_0."""
    bars = [1 / (1 + float(sigma) ** 2) for sigma in SIGMAS]
    y = x.double() * bars[0] ** 0.5
    for i in range(len(SIGMAS) - 1):
        x_0 = D((y / bars[i] ** 0.5).float(), SIGMAS[i]).double()
        bar, before = bars[i], bars[i + 1]
        alpha = bar / before
        beta = 1 - alpha
        mean = before**0.5 * beta / (1 - bar) * x_0 + alpha**0.5 * (1 - before) / (1 - bar) * y
        y = mean + ((1 - before) / (1 - bar) * beta) ** 0.5 * (noises[i].double() if SIGMAS[i + 1] > 0 else 0)
    return y.float()


def lcm(x: Tensor, noises: Noises) -> Tensor:
    """Song et al., algorithm 1 with epsilon = 0."""
    for i in range(len(SIGMAS) - 1):
        x = D(x, SIGMAS[i])
        if SIGMAS[i + 1] > 0:
            x = x + SIGMAS[i + 1] * noises[i]
    return x


EXACT = (euler, heun, dpmpp_2m, euler_ancestral, lcm)


def both(formula: Callable[[Tensor, Noises], Tensor]) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, 8, 8, generator=generator) * SIGMAS[0]
    noises = [torch.randn(2, 4, 8, 8, generator=generator) for _ in SIGMAS]
    draws = iter(noises)
    found = SAMPLERS[formula.__name__].run(
        D,
        x,
        SIGMAS,
        noise=lambda sigma, sigma_next: next(draws),
        on_step=lambda step, steps, x, denoised: None,
    )
    return found, formula(x, noises)


@pytest.mark.parametrize("formula", EXACT, ids=lambda formula: formula.__name__)
def test_a_sampler_is_its_published_formula_to_the_last_bit(formula: Callable[[Tensor, Noises], Tensor]) -> None:
    found, wanted = both(formula)
    assert torch.equal(found, wanted)


def test_ddpm_is_the_posterior_of_the_paper() -> None:
    found, wanted = both(ddpm)
    assert float((found - wanted).norm() / wanted.norm()) < 1e-5


def test_ancestral_noise_of_a_flow_meets_signal_and_noise_of_the_next_level() -> None:
    """If the denoised latent is right, the next latent is `(1 - sigma) * x0` plus noise of the deviation sigma."""

    class Known:
        is_flow = True

        def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
            return torch.full_like(x, 2.0)

    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 1, 300, 300, generator=generator)
    x = 0.9 * noise + 0.1 * 2.0
    found = SAMPLERS["euler_ancestral"].run(
        Known(),
        x,
        torch.tensor([0.9, 0.6]),
        noise=lambda sigma, sigma_next: torch.randn(1, 1, 300, 300, generator=generator),
        on_step=lambda step, steps, x, denoised: None,
    )
    assert abs(float(found.mean()) - 0.4 * 2.0) < 0.01
    assert abs(float(found.std()) - 0.6) < 0.01
