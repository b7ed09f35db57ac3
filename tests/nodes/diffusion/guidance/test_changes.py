"""Each change to guidance is its formula, and leaves alone what it has no business with."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from nodes.diffusion.guidance.changes import KINDS, Guiding, changed
from nodes.diffusion.latent_arithmetic import LatentOperation, operate

FRAMES = 5


def seen(cfg: float = 3.0, sigma: float = 0.5) -> tuple[torch.Tensor, Guiding]:
    """A guided prediction, and what guidance knew."""
    x, positive, negative = torch.randn(3, FRAMES, 4, 6, 6, generator=torch.Generator().manual_seed(1))
    guided = negative + cfg * (positive - negative)
    return guided, Guiding(x, torch.tensor(sigma), positive, negative, cfg, lambda percent: 1 - percent)


def by(kind: str, guided: torch.Tensor, at: Guiding, **numbers: Any) -> torch.Tensor:
    """The guided prediction after one change."""
    return changed(guided, at, ((kind, numbers),))


@pytest.mark.parametrize(("kind", "scales"), [("linear", [1, 1.5, 2, 2.5, 3]), ("triangle", [1, 2, 3, 2, 1])])
def test_each_frame_has_its_scale(kind: str, scales: list[float]) -> None:
    guided, at = seen()
    found = by(f"{kind}_over_frames", guided, at, minimum=1.0)
    for frame, scale in enumerate(scales):
        wanted = at.negative[frame] + scale * (at.positive[frame] - at.negative[frame])
        torch.testing.assert_close(found[frame], wanted)


def test_no_cell_is_longer_than_in_the_positive_prediction() -> None:
    guided, at = seen()
    found = by("norm_kept", guided, at, strength=1.0, of_noise=False)
    lengths, limits = found.norm(dim=1), at.positive.norm(dim=1)
    assert (lengths <= limits * 1.0001).all()
    short = guided.norm(dim=1) < limits
    assert short.any()
    torch.testing.assert_close(lengths[short], guided.norm(dim=1)[short])
    torch.testing.assert_close(by("norm_kept", guided, at, strength=0.5, of_noise=False), 0.5 * found)


def test_the_noise_is_brought_to_the_length_of_the_positive_one() -> None:
    guided, at = seen()
    found = by("norm_kept", guided, at, strength=1.0, of_noise=True)
    torch.testing.assert_close((at.x - found).norm(dim=1), (at.x - at.positive).norm(dim=1))


def test_a_picture_is_not_stronger_than_allowed() -> None:
    guided, at = seen()
    strong = at.positive.flatten(1).norm(dim=1)
    torch.testing.assert_close(by("renormed", guided, at, trunc=100.0, most=1.0).flatten(1).norm(dim=1), strong)
    torch.testing.assert_close(by("renormed", guided, at, trunc=100.0, most=0.0), guided)
    torch.testing.assert_close(by("renormed", guided, at, trunc=100.0, most=50.0), guided)
    torch.testing.assert_close(by("renormed", guided, at, trunc=0.5, most=1.0), at.positive)


def test_zero_star_is_guidance_from_the_best_fitting_negative_direction() -> None:
    guided, at = seen()
    found = by("zero_star", guided, at)
    for frame in range(FRAMES):
        positive, negative = at.x[frame] - at.positive[frame], at.x[frame] - at.negative[frame]
        share = (positive * negative).sum() / (negative * negative).sum()
        base = share * at.negative[frame]
        torch.testing.assert_close(found[frame], base + at.cfg * (at.positive[frame] - base))


@pytest.mark.parametrize(("sigma", "scale"), [(0.9, 3.0), (0.79, 7.0), (0.5, 7.0), (0.41, 7.0), (0.3, 3.0)])
def test_a_scale_holds_between_two_moments(sigma: float, scale: float) -> None:
    guided, at = seen(sigma=sigma)
    found = by("otherwise_between", guided, at, cfg=7.0, start=0.2, end=0.6)
    torch.testing.assert_close(found, at.negative + scale * (at.positive - at.negative))


@pytest.mark.parametrize("kind", KINDS)
def test_a_guider_without_negative_side_is_no_fault(kind: str) -> None:
    _, at = seen(cfg=1.0)
    alone = Guiding(at.x, at.sigma, at.positive, None, 1.0, at.percent_to_sigma)
    numbers: dict[str, Any] = {"minimum": 1.0, "strength": 1.0, "of_noise": False, "trunc": 100.0, "most": 1.0}
    numbers["operation"] = LatentOperation("sharpen", {"radius": 1, "sigma": 1.0, "alpha": 0.0})  # changes nothing
    numbers |= {"cfg": 2.0, "start": 0.0, "end": 1.0, "k": 1.0, "deviation": 1.0, "factor": 1.0}
    torch.testing.assert_close(by(kind, at.positive, alone, **numbers), at.positive)


def test_an_operation_works_on_what_leads_away_from_the_negative_prediction() -> None:
    guided, at = seen()
    operation = LatentOperation("sharpen", {"radius": 2, "sigma": 1.0, "alpha": 0.5})
    found = by("operated", guided, at, operation=operation)
    filtered = operate(at.positive - at.negative, operation)
    torch.testing.assert_close(found, at.negative + at.cfg * filtered)
    alone = replace(at, negative=None, cfg=1.0)
    wanted = operate(at.positive, operation)
    torch.testing.assert_close(by("operated", at.positive, alone, operation=operation), wanted)


@pytest.mark.parametrize("is_flow", [False, True])
def test_the_predicted_noise_is_scaled_by_how_much_signal_there_is(is_flow: bool) -> None:
    guided, at = seen(sigma=0.4)
    at = replace(at, is_flow=is_flow)
    signal = 0.6 if is_flow else 1.0
    noise = (at.x - signal * guided) / 0.4
    ratio = (signal / 0.4) ** 2 * 1.5**2
    wanted = (at.x - 0.4 * noise * (ratio + 1) / (ratio / 0.9 + 1)) / signal  # Xu et al., equation 6
    found = by("rescaled_in_time", guided, at, k=0.9, deviation=1.5)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(
        by("rescaled_in_time", guided, replace(at, is_flow=True, sigma=torch.tensor(1.0)), k=2.0, deviation=1.0), guided
    )


def test_epsilon_scaling_shrinks_the_predicted_noise() -> None:
    guided, at = seen()
    found = by("noise_scaled", guided, at, factor=1.25)
    torch.testing.assert_close(at.x - found, (at.x - guided) / 1.25)
