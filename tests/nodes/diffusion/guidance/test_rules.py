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


def three(*names: str) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(2, 4, 8, 8, generator=generator) for name in names}


def dual_options(first: float, second: float) -> dict[str, float]:
    return {"cfg_conds": first, "cfg_cond2_negative": second}


def test_dual_guidance_has_a_scale_for_each_way() -> None:
    parts = three("positive", "middle", "negative")
    positive, middle, negative = parts.values()
    found = RULES["dual_cfg"].combine(parts, dual_options(3.0, 2.0))
    assert torch.allclose(found, negative + 2 * (middle - negative) + 3 * (positive - middle), atol=1e-5)


def test_nested_dual_guidance_starts_the_second_way_where_the_first_ends() -> None:
    parts = three("positive", "middle", "negative")
    positive, middle, negative = parts.values()
    found = RULES["dual_cfg_nested"].combine(parts, dual_options(3.0, 2.0))
    assert torch.allclose(found, negative + 2 * (middle + 3 * (positive - middle) - negative), atol=1e-5)


@pytest.mark.parametrize(
    ("scales", "roles"),
    [
        ((3.0, 2.0), ("positive", "middle", "negative")),
        ((1.0, 2.0), ("positive", "middle", "negative")),
        ((3.0, 1.0), ("positive", "middle")),
        ((1.0, 1.0), ("positive",)),
    ],
)
def test_dual_guidance_needs_only_what_does_not_cancel_out(scales: tuple[float, float], roles: tuple[str, ...]) -> None:
    parts, options = three("positive", "middle", "negative"), dual_options(*scales)
    assert RULES["dual_cfg"].roles(options) == roles
    found = RULES["dual_cfg"].combine({role: parts[role] for role in roles}, options)
    assert torch.allclose(found, RULES["dual_cfg"].combine(parts, options), atol=1e-5)


def test_perpendicular_guidance_ignores_what_both_sides_share() -> None:
    parts = three("positive", "negative", "empty")
    parts["negative"] = parts["empty"] + 0.3 * (parts["positive"] - parts["empty"])
    found = RULES["perp_neg"].combine(parts, {"cfg": 4.0, "neg_scale": 1.0})
    assert torch.allclose(found, parts["empty"] + 4 * (parts["positive"] - parts["empty"]), atol=1e-4)


def test_perpendicular_guidance_keeps_the_share_of_the_positive_side_in_each_picture() -> None:
    parts = three("positive", "negative", "empty")
    found = RULES["perp_neg"].combine(parts, {"cfg": 4.0, "neg_scale": 2.0}) - parts["empty"]
    positive = parts["positive"] - parts["empty"]
    along = (found * positive).sum((1, 2, 3)) / (positive**2).sum((1, 2, 3))
    assert torch.allclose(along, torch.tensor(4.0), atol=1e-3)


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
