"""Rules of guidance: what they need and how they combine it."""

import pytest
import torch

from nodes.diffusion.guidance.rules import RULES, rescaled


def denoised() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {role: torch.randn(2, 4, 8, 8, generator=generator) for role in ("positive", "negative")}


def test_cfg_moves_away_from_the_negative_prediction() -> None:
    both = denoised()
    found = RULES["cfg"].combine(both, {"cfg": 3.0})
    assert torch.allclose(found, 3 * both["positive"] - 2 * both["negative"], atol=1e-5)


def test_cfg_one_needs_only_the_positive_side() -> None:
    assert RULES["cfg"].roles({"cfg": 1.0}) == ("positive",)
    assert RULES["cfg"].roles({"cfg": 1.1}) == ("positive", "negative")
    positive = denoised()["positive"]
    assert torch.equal(RULES["cfg"].combine({"positive": positive}, {"cfg": 1.0}), positive)


def test_cfg_zero_is_the_negative_prediction() -> None:
    both = denoised()
    assert torch.allclose(RULES["cfg"].combine(both, {"cfg": 0.0}), both["negative"])


def test_basic_guidance_is_the_positive_prediction() -> None:
    assert RULES["basic"].roles({}) == ("positive",)
    positive = denoised()["positive"]
    assert torch.equal(RULES["basic"].combine({"positive": positive}, {}), positive)


def velocity(x0: torch.Tensor, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    scale = (1 + sigma**2).sqrt()
    return (x / scale**2 - x0) * scale / sigma


@pytest.mark.parametrize("level", [0.3, 5.0])
def test_rescaled_guidance_keeps_the_deviation_of_the_positive_velocity(level: float) -> None:
    both, sigma = denoised(), torch.tensor(level)
    x = both["positive"] + sigma * torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    guided = RULES["cfg"].combine(both, {"cfg": 8.0})
    full = rescaled(guided, both["positive"], x, sigma, 1.0)
    wanted = velocity(both["positive"], x, sigma).std((1, 2, 3))
    assert torch.allclose(velocity(full, x, sigma).std((1, 2, 3)), wanted, rtol=1e-3)
    assert torch.allclose(rescaled(guided, both["positive"], x, sigma, 0.0), guided, atol=1e-4)
