"""Runs on a random UNet against the schedulers of diffusers, where they are the same algorithm."""

from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LMSDiscreteScheduler,
    UniPCMultistepScheduler,
)
from torch import Tensor

from nodes.diffusion.brownian import brownian_noise
from nodes.diffusion.noise import initial_noise, next_seed
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.sampling import Recipe, sample
from nodes.diffusion.schedules.named import SCHEDULES
from nodes.diffusion.types import Guider, Noise, Prediction, Sampler
from tests.nodes.diffusion.networks import HANDLE, UnetNetwork, text, unet_network

TRAINING: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
STEPS, SEED = 8, 11
SHAPE = (2, 4, 8, 8)
TEXT = text()
TOLERANCE = 1e-5
"""Relative error of the final latent (L2)."""


def ours(network: UnetNetwork, sampler: str, sigmas: Tensor) -> Tensor:
    """The final latent in the scale of the network."""
    recipe = Recipe(Guider(HANDLE, "basic", {"positive": TEXT}), Sampler(sampler), sigmas, Noise(SEED), SEED)
    found = sample(network, recipe, {"samples": torch.zeros(SHAPE)}, lambda *step: None)
    return found.output["samples"] * network.latent_format.scale


def theirs(network: UnetNetwork, scheduler: Any, x: Tensor, **options: Any) -> Tensor:
    """The loop of a diffusers pipeline without guidance; `scheduler.timesteps` are set already."""
    context = TEXT[0][0].expand(len(x), -1, -1)
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(x, timestep)
        output = network.unet(scaled, timestep, context, return_dict=False)[0]
        x = scheduler.step(output, timestep, x, **options).prev_sample
    return x


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


def levels(network: UnetNetwork, schedule: str) -> tuple[Tensor, Tensor]:
    """Sigmas, and the timesteps that the network is told at all but the last."""
    parameterisation = parameterisation_of(network, {})
    sigmas = SCHEDULES[schedule](parameterisation, STEPS)
    return sigmas, torch.stack([parameterisation.timestep(sigma) for sigma in sigmas[:-1]])


def start(sigmas: Tensor, is_whole: bool) -> Tensor:
    """Initial noise; a run that begins at the highest level begins with the variance of signal and noise."""
    return initial_noise(SHAPE, SEED) * ((1 + sigmas[0] ** 2).sqrt() if is_whole else sigmas[0])


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_euler_is_euler_discrete(schedule: str, prediction: Prediction) -> None:
    network = unet_network(prediction=prediction)
    sigmas, timesteps = levels(network, schedule)
    scheduler = EulerDiscreteScheduler(prediction_type=prediction, **TRAINING)
    scheduler.set_timesteps(sigmas=sigmas.numpy())
    scheduler.timesteps = timesteps.float()
    wanted = theirs(network, scheduler, start(sigmas, schedule != "ddim_uniform"))
    assert relative(ours(network, "euler", sigmas), wanted) < TOLERANCE


@pytest.mark.parametrize("sampler", ["ddim", "euler"])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_ddim_is_ddim(sampler: str, prediction: Prediction) -> None:
    """In the paper's variables the latent is divided by `sqrt(1 + sigma^2)`."""
    network = unet_network(prediction=prediction)
    sigmas, _ = levels(network, "ddim_uniform")
    scheduler = DDIMScheduler(
        clip_sample=False, set_alpha_to_one=True, steps_offset=1, prediction_type=prediction, **TRAINING
    )
    scheduler.set_timesteps(STEPS)
    wanted = theirs(network, scheduler, start(sigmas, False) / (1 + sigmas[0] ** 2).sqrt())
    assert relative(ours(network, sampler, sigmas), wanted) < TOLERANCE


@pytest.mark.parametrize("schedule", ["karras", "normal"])
def test_heun_is_heun_discrete(schedule: str) -> None:
    network = unet_network()
    sigmas, timesteps = levels(network, schedule)
    scheduler = HeunDiscreteScheduler(**TRAINING)
    scheduler.set_timesteps(STEPS)
    scheduler.sigmas = torch.cat([sigmas[:1], sigmas[1:-1].repeat_interleave(2), sigmas[-1:]])
    scheduler.timesteps = torch.cat([timesteps[:1], timesteps[1:].repeat_interleave(2)]).float()
    assert relative(ours(network, "heun", sigmas), theirs(network, scheduler, start(sigmas, True))) < TOLERANCE


@pytest.mark.parametrize("schedule", ["karras", "exponential"])
def test_dpmpp_2m_is_dpm_solver_multistep(schedule: str) -> None:
    network = unet_network()
    sigmas, timesteps = levels(network, schedule)
    scheduler = DPMSolverMultistepScheduler(
        algorithm_type="dpmsolver++", solver_order=2, final_sigmas_type="zero", **TRAINING
    )
    scheduler.set_timesteps(STEPS)
    scheduler.sigmas, scheduler.timesteps = sigmas, timesteps
    wanted = theirs(network, scheduler, start(sigmas, True) / (1 + sigmas[0] ** 2).sqrt())
    assert relative(ours(network, "dpmpp_2m", sigmas), wanted) < TOLERANCE


def test_euler_ancestral_is_euler_ancestral_discrete_with_the_noise_of_the_next_seed() -> None:
    network = unet_network()
    sigmas, timesteps = levels(network, "normal")
    scheduler = EulerAncestralDiscreteScheduler(**TRAINING)
    scheduler.set_timesteps(STEPS)
    scheduler.sigmas, scheduler.timesteps = sigmas, timesteps.float()
    generator = torch.Generator().manual_seed(next_seed(SEED))
    wanted = theirs(network, scheduler, start(sigmas, True), generator=generator)
    assert relative(ours(network, "euler_ancestral", sigmas), wanted) < TOLERANCE


def test_ddpm_is_ddpm_with_the_noise_of_the_next_seed() -> None:
    network = unet_network()
    scheduler = DDPMScheduler(clip_sample=False, timestep_spacing="leading", steps_offset=1, **TRAINING)
    scheduler.set_timesteps(STEPS)
    sigmas, _ = levels(network, "ddim_uniform")
    generator = torch.Generator().manual_seed(next_seed(SEED))
    wanted = theirs(network, scheduler, start(sigmas, False) / (1 + sigmas[0] ** 2).sqrt(), generator=generator)
    assert relative(ours(network, "ddpm", sigmas), wanted) < TOLERANCE


@pytest.mark.parametrize("solver_type", ["midpoint", "heun"])
def test_dpmpp_2m_sde_is_dpm_solver_multistep_with_the_noise_of_its_path(solver_type: str) -> None:
    network = unet_network()
    sigmas, timesteps = levels(network, "karras")
    scheduler = DPMSolverMultistepScheduler(
        algorithm_type="sde-dpmsolver++",
        solver_order=2,
        solver_type=solver_type,
        final_sigmas_type="zero",
        **TRAINING,
    )
    scheduler.set_timesteps(STEPS)
    scheduler.sigmas, scheduler.timesteps = sigmas, timesteps
    draw = brownian_noise(torch.zeros(SHAPE), SEED, sigmas)
    context = TEXT[0][0].expand(2, -1, -1)
    x = start(sigmas, True) / (1 + sigmas[0] ** 2).sqrt()
    for step, timestep in enumerate(scheduler.timesteps):
        output = network.unet(x, timestep, context, return_dict=False)[0]
        noise = draw(sigmas[step], sigmas[step + 1]) if sigmas[step + 1] > 0 else torch.zeros(SHAPE)
        x = scheduler.step(output, timestep, x, variance_noise=noise).prev_sample
    name = "dpmpp_2m_sde" if solver_type == "midpoint" else "dpmpp_2m_sde_heun"
    assert relative(ours(network, name, sigmas), x) < TOLERANCE


@pytest.mark.parametrize(("sampler", "variant"), [("uni_pc", "bh1"), ("uni_pc_bh2", "bh2")])
def test_uni_pc_is_uni_pc_multistep(sampler: str, variant: str) -> None:
    network = unet_network()
    sigmas, timesteps = levels(network, "karras")
    sigmas = torch.where(sigmas == 0, 0.001, sigmas)
    scheduler = UniPCMultistepScheduler(solver_order=3, solver_type=variant, **TRAINING)
    scheduler.set_timesteps(STEPS)
    scheduler.sigmas, scheduler.timesteps = sigmas, timesteps
    x = theirs(network, scheduler, start(sigmas, True) / (1 + sigmas[0] ** 2).sqrt())
    wanted = x * (1 + sigmas[-1] ** 2).sqrt()
    assert relative(ours(network, sampler, sigmas), wanted) < TOLERANCE


def test_lms_is_lms_discrete_but_for_the_step_to_zero() -> None:
    network = unet_network()
    sigmas, timesteps = levels(network, "karras")
    scheduler = LMSDiscreteScheduler(**TRAINING)
    scheduler.set_timesteps(STEPS)
    scheduler.sigmas, scheduler.timesteps = sigmas, timesteps.float()[:-1]
    wanted = theirs(network, scheduler, start(sigmas, True))
    assert relative(ours(network, "lms", sigmas[:-1]), wanted) < TOLERANCE


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_euler_of_a_flow_is_flow_match_euler(shift: float) -> None:
    network = unet_network(prediction="flow")
    sigmas = SCHEDULES["normal"](parameterisation_of(network, {"shift": shift}), STEPS)
    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    scheduler.set_timesteps(sigmas=sigmas[:-1].tolist())
    context = TEXT[0][0].expand(2, -1, -1)
    x = initial_noise(SHAPE, SEED)
    for timestep in scheduler.timesteps:
        output = network.unet(x, timestep, context, return_dict=False)[0]
        x = scheduler.step(output, timestep, x, return_dict=False)[0]
    guider = Guider(HANDLE.with_options(shift=shift), "basic", {"positive": TEXT})
    recipe = Recipe(guider, Sampler("euler"), sigmas, Noise(SEED), SEED)
    found = sample(network, recipe, {"samples": torch.zeros(SHAPE)}, lambda *step: None)
    assert relative(found.output["samples"] * network.latent_format.scale, x) < TOLERANCE
