"""The nodes that choose a sampling algorithm: what they give is understood by the algorithm."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from graph.context import Context
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.samplers import SAMPLERS
from nodes.diffusion.types import Noise, Sampler
from nodes.sampling import denoising, samplers
from tests.nodes.diffusion.networks import HANDLE, Provider, UnetNetwork, cfg_guider, latent, text, unet_network

NODES: dict[str, Callable[..., Sampler]] = {
    "euler_ancestral": samplers.sampler_euler_ancestral,
    "euler_ancestral_cfg_pp": samplers.sampler_euler_ancestral_cfg_pp,
    "euler_cfg_pp": samplers.sampler_euler_cfg_pp,
    "lms": samplers.sampler_lms,
    "dpmpp_2m_sde_gpu": samplers.sampler_dpmpp_2m_sde,
    "dpmpp_3m_sde_gpu": samplers.sampler_dpmpp_3m_sde,
    "dpmpp_sde_gpu": samplers.sampler_dpmpp_sde,
    "dpmpp_2s_ancestral": samplers.sampler_dpmpp_2s_ancestral,
    "dpm_adaptive": samplers.sampler_dpm_adaptive,
    "er_sde": samplers.sampler_er_sde,
    "seeds_2": samplers.sampler_seeds_2,
    "lcm": samplers.sampler_lcm,
}
SIGMAS = torch.tensor([5.0, 2.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def network() -> UnetNetwork:
    return unet_network()


def drawn(network: UnetNetwork, sampler: Sampler) -> torch.Tensor:
    house: dict[str, Any] = {"ctx": Context(), "models": Provider(network)}
    guider = cfg_guider(text(1), text(2))
    return denoising.sampler_custom_advanced(Noise(1), guider, sampler, SIGMAS, latent(), **house)[0]["samples"]


@pytest.mark.parametrize(("name", "choose"), NODES.items(), ids=NODES)
def test_untouched_widgets_give_the_sampler_of_that_name(
    network: UnetNetwork, name: str, choose: Callable[..., Sampler]
) -> None:
    assert choose().name == name
    assert torch.equal(drawn(network, choose()), drawn(network, Sampler(name)))


def test_the_stochastic_adams_node_gives_the_sampler_of_that_name(network: UnetNetwork) -> None:
    chosen = samplers.sampler_sa_solver(HANDLE, models=Provider(network))
    assert torch.equal(drawn(network, chosen), drawn(network, Sampler("sa_solver")))
    pece = samplers.sampler_sa_solver(HANDLE, use_pece=True, models=Provider(network))
    assert torch.equal(drawn(network, pece), drawn(network, Sampler("sa_solver_pece")))


def test_the_interval_of_the_stochastic_adams_node_is_in_percent_of_the_model(network: UnetNetwork) -> None:
    chosen = samplers.sampler_sa_solver(HANDLE, sde_start_percent=0.5, sde_end_percent=1.0, models=Provider(network))
    middle = parameterisation_of(network, {}).percent_to_sigma(0.5)
    assert (chosen.options["sde_start_sigma"], chosen.options["sde_end_sigma"]) == (middle, 0.0)


@pytest.mark.parametrize(("name", "choose"), NODES.items(), ids=NODES)
def test_every_option_is_one_of_the_algorithm(name: str, choose: Callable[..., Sampler]) -> None:
    algorithm = SAMPLERS[name].run
    known = inspect.signature(algorithm.func if isinstance(algorithm, partial) else algorithm).parameters
    assert set(choose().options) <= set(known)


@pytest.mark.parametrize(
    "choose", [samplers.sampler_dpmpp_2m_sde, samplers.sampler_dpmpp_3m_sde, samplers.sampler_dpmpp_sde]
)
def test_noise_of_the_processor_is_another_sampler(choose: Callable[..., Sampler]) -> None:
    assert choose(noise_device="gpu").name == choose(noise_device="cpu").name + "_gpu"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (samplers.sampler_euler_cfg_pp("regular"), samplers.sampler_euler_cfg_pp("alternative")),
        (samplers.sampler_lms(1), samplers.sampler_lms(4)),
        (samplers.sampler_lcm(), samplers.sampler_lcm(noise_clip_std=0.5)),
        (samplers.sampler_lcm(), samplers.sampler_lcm(s_noise_end=0.1)),
        (samplers.sampler_er_sde(), samplers.sampler_er_sde("Reverse-time SDE")),
        (samplers.sampler_seeds_2(), samplers.sampler_seeds_2("phi_2")),
        (samplers.sampler_dpm_adaptive(), samplers.sampler_dpm_adaptive(order=2)),
    ],
)
def test_options_change_the_latent(network: UnetNetwork, first: Sampler, second: Sampler) -> None:
    assert not torch.allclose(drawn(network, first), drawn(network, second), atol=1e-3)
