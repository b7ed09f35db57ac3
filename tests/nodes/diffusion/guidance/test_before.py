"""Each change before guidance is its published formula, as a trusted implementation has it where there is one."""

from dataclasses import replace

import pytest
import torch
from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance
from diffusers.guiders.tangential_classifier_free_guidance import normalized_guidance as tangential_guidance

from nodes.diffusion.guidance.before import BEFORE, KINDS, Sides, refinements_of, with_refinement
from nodes.diffusion.guidance.denoiser import GuidedDenoiser
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Guider, Start
from tests.nodes.diffusion.networks import HANDLE, EchoNetwork, word

APG = {"eta": 0.3, "norm_threshold": 5.0, "momentum": 0.0}
FRESCA = {"scale_low": 1.0, "scale_high": 1.25, "freq_cutoff": 2}


def sides(seed: int = 1, sigma: float = 0.5, cfg: float = 4.0) -> Sides:
    """Random predictions of two pictures."""
    x, positive, negative = torch.randn(3, 2, 4, 8, 9, generator=torch.Generator().manual_seed(seed))
    return Sides(x, torch.tensor(sigma), positive, negative, cfg)


def guided(at: Sides) -> torch.Tensor:
    """Plain guidance of both sides."""
    return at.negative + (at.positive - at.negative) * at.cfg


@pytest.mark.parametrize("numbers", [APG, {**APG, "norm_threshold": 0.0}, {**APG, "eta": -2.0}])
def test_adaptive_projection_is_that_of_diffusers(numbers: dict[str, float]) -> None:
    at = sides()
    (refine,) = refinements_of({BEFORE: [("adaptive_projection", numbers)]})
    wanted = normalized_guidance(
        at.positive,
        at.negative,
        at.cfg,
        eta=numbers["eta"],
        norm_threshold=numbers["norm_threshold"],
        use_original_formulation=True,
    )
    torch.testing.assert_close(guided(refine(at)), wanted)


def test_momentum_adds_the_guidance_of_earlier_steps_until_noise_rises_again() -> None:
    refine = KINDS["adaptive_projection"](**{**APG, "momentum": -0.5})
    buffer = MomentumBuffer(-0.5)
    for seed, sigma in ((1, 0.9), (2, 0.6), (3, 0.3)):
        at = sides(seed, sigma)
        numbers = {"eta": 0.3, "norm_threshold": 5.0, "use_original_formulation": True}
        wanted = normalized_guidance(at.positive, at.negative, at.cfg, buffer, **numbers)
        torch.testing.assert_close(guided(refine(at)), wanted)
    again = sides(4, 0.9)
    torch.testing.assert_close(guided(refine(again)), guided(KINDS["adaptive_projection"](**APG)(again)))


def test_neutral_adaptive_projection_is_plain_guidance_with_one_more_of_the_positive_side() -> None:
    at = sides()
    refine = KINDS["adaptive_projection"](eta=1.0, norm_threshold=0.0, momentum=0.0)
    torch.testing.assert_close(guided(refine(at)), at.positive + (at.positive - at.negative) * at.cfg)
    assert refine(replace(at, cfg=0.0)) == replace(at, cfg=0.0)


def test_tangential_damping_projects_the_negative_noise_as_diffusers_does() -> None:
    at = sides()
    found = KINDS["tangentially_damped"]()(at)
    positive, negative = at.x - at.positive, at.x - at.negative
    shown = tangential_guidance(positive, negative, 0.0)  # a scale of 0 gives the damped negative side alone
    torch.testing.assert_close(at.x - found.negative, shown, atol=1e-5, rtol=1e-4)
    assert found.positive is at.positive


def test_frequencies_have_their_scales() -> None:
    at = sides()
    torch.testing.assert_close(KINDS["frequency_scaled"](**{**FRESCA, "scale_high": 1.0})(at).positive, at.positive)
    assert not torch.allclose(KINDS["frequency_scaled"](**FRESCA)(at).positive, at.positive)


def test_changes_follow_one_another_and_are_made_anew_for_each_run() -> None:
    model = with_refinement(with_refinement(HANDLE, "tangentially_damped"), "adaptive_projection", **APG)
    first, second = refinements_of(model.options), refinements_of(model.options)
    assert len(first) == 2
    assert first[1] is not second[1]
    assert HANDLE.options.get(BEFORE) is None


@pytest.mark.parametrize(("kind", "changes"), [("basic", False), ("cfg", True)])
def test_guiders_without_a_negative_side_know_nothing_of_it(kind: str, changes: bool) -> None:
    network, x, sigma = EchoNetwork(), torch.zeros(1, 4, 3, 3), torch.tensor(1.0)
    model = with_refinement(HANDLE, "frequency_scaled", scale_low=2.0, scale_high=2.0, freq_cutoff=1)
    found = []
    for each in (HANDLE, model):
        guider = Guider(each, kind, {"positive": word(1.0), "negative": word(0.0)}, {"cfg": 3.0})
        found.append(GuidedDenoiser(network, parameterisation_of(network, {}), guider, Start(x))(x, sigma))
    assert torch.equal(*found) != changes
