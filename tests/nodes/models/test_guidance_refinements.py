"""Nodes that change guidance, from the graph's numbers to what samplers do."""

import pytest
import torch

from graph.context import Context
from nodes.diffusion.guidance.before import BEFORE
from nodes.diffusion.guidance.changes import CHANGES
from nodes.diffusion.sampling import schedule
from nodes.diffusion.schedules.named import Steps
from nodes.diffusion.types import Noise, Sampler
from nodes.models.guidance_refinements import (
    adaptive_projected_guidance,
    epsilon_scaling,
    guidance_by_frequency,
    perp_neg,
    tangential_damping,
    temporal_score_rescaling,
)
from nodes.sampling.denoising import ksampler, sampler_custom_advanced
from nodes.sampling.guiders import perp_neg_guider
from tests.nodes.diffusion.networks import HANDLE, Provider, latent, text, unet_network

MODELS = Provider(unet_network())
POSITIVE, NEGATIVE, EMPTY = (text(seed) for seed in (1, 2, 3))
MAKERS = {
    "apg": adaptive_projected_guidance,
    "apg with momentum": lambda model: adaptive_projected_guidance(model, 0.5, 1.0, -0.5),
    "tcfg": lambda model: tangential_damping(model).patched_model,
    "fresca": lambda model: guidance_by_frequency(model, freq_cutoff=1),
    "perp neg": lambda model: perp_neg(model, EMPTY),
    "tsr": lambda model: temporal_score_rescaling(model).patched_model,
    "epsilon scaling": epsilon_scaling,
}
NEUTRAL = {
    "fresca": lambda model: guidance_by_frequency(model, 1.0, 1.0),
    "tsr": lambda model: temporal_score_rescaling(model, 1.0).patched_model,
    "epsilon scaling": lambda model: epsilon_scaling(model, 1.0),
}


def sampled(model, cfg: float = 4.0, steps: int = 3, sampler: str = "euler"):
    """What a short run gives."""
    texts = {"positive": POSITIVE, "negative": NEGATIVE}
    start = {"latent_image": latent(2), "ctx": Context(), "models": MODELS}
    return ksampler(model, 5, steps, cfg, sampler, "normal", **texts, **start)["samples"]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_each_changes_the_picture_and_runs_leave_nothing_behind(make) -> None:
    plain, found = sampled(HANDLE), sampled(make(HANDLE))
    assert found.isfinite().all()
    assert not torch.allclose(found, plain, atol=1e-4)
    assert torch.equal(found, sampled(make(HANDLE)))


@pytest.mark.parametrize("make", NEUTRAL.values(), ids=NEUTRAL)
def test_neutral_settings_change_nothing(make) -> None:
    torch.testing.assert_close(sampled(make(HANDLE)), sampled(HANDLE), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["apg", "tcfg", "fresca"])
def test_without_guidance_there_is_nothing_to_refine(name: str) -> None:
    torch.testing.assert_close(sampled(MAKERS[name](HANDLE), cfg=1.0), sampled(HANDLE, cfg=1.0))


def test_samplers_that_need_the_negative_side_get_the_refined_one() -> None:
    usual = sampled(HANDLE, cfg=1.5, sampler="euler_cfg_pp")
    assert not torch.allclose(sampled(MAKERS["tcfg"](HANDLE), cfg=1.5, sampler="euler_cfg_pp"), usual, atol=1e-4)


def test_the_patch_is_the_guider() -> None:
    sigmas = schedule(MODELS.network, HANDLE, Steps("normal", 3))
    guider = perp_neg_guider(HANDLE, POSITIVE, NEGATIVE, EMPTY, 4.0, 0.7)
    start = {"latent_image": latent(2), "ctx": Context(), "models": MODELS}
    wanted = sampler_custom_advanced(Noise(5), guider, Sampler("euler"), sigmas, **start).output["samples"]
    torch.testing.assert_close(sampled(perp_neg(HANDLE, EMPTY, 0.7)), wanted)


def test_changes_are_kept_in_their_order() -> None:
    model = epsilon_scaling(temporal_score_rescaling(tangential_damping(HANDLE).patched_model).patched_model)
    assert [name for name, _ in model.options[BEFORE]] == ["tangentially_damped"]
    assert [name for name, _ in model.options[CHANGES]] == ["rescaled_in_time", "noise_scaled"]
