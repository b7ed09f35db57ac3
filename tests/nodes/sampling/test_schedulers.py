"""The nodes that make noise levels."""

import math

import pytest
import torch

from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Noise
from nodes.sampling import denoising, schedulers
from tests.nodes.diffusion.networks import HANDLE, Provider, latent, unet_network

NETWORK = unet_network()
MODELS = Provider(NETWORK)
TABLE = parameterisation_of(NETWORK, {})


def test_formulas_start_from_the_highest_level_of_stable_diffusion() -> None:
    for choose in (
        schedulers.karras_scheduler,
        schedulers.exponential_scheduler,
        schedulers.polyexponential_scheduler,
        schedulers.laplace_scheduler,
    ):
        assert float(choose()[0]) == pytest.approx(14.614642, rel=1e-4)
    assert len(schedulers.vp_scheduler()) == 21
    assert len(schedulers.laplace_scheduler()) == 20


def test_beta_sampling_is_the_beta_schedule() -> None:
    basic = denoising.basic_scheduler(HANDLE, "beta", 12, models=MODELS)
    assert torch.equal(schedulers.beta_sampling_scheduler(HANDLE, 12, models=MODELS), basic)


def test_turbo_takes_its_first_timestep() -> None:
    assert schedulers.sd_turbo_scheduler(HANDLE, models=MODELS).tolist() == pytest.approx(
        [float(TABLE.sigmas[999]), 0.0]
    )


def test_aligned_steps_are_the_last_ones_where_denoise_is_below_one() -> None:
    whole = schedulers.align_your_steps_scheduler("SDXL", 10)
    assert torch.equal(schedulers.align_your_steps_scheduler("SDXL", 10, 0.5), whole[5:])
    assert len(schedulers.align_your_steps_scheduler("SDXL", 10, 0.0)) == 0


def test_levels_are_made_from_levels() -> None:
    sigmas = schedulers.manual_sigmas("8, 4, 2, 0")
    high, low = schedulers.split_sigmas_denoise(sigmas, 0.67)
    assert (high.tolist(), low.tolist()) == ([8.0, 4.0], [4.0, 2.0, 0.0])
    assert schedulers.flip_sigmas(sigmas).tolist() == pytest.approx([1e-4, 2.0, 4.0, 8.0])
    assert schedulers.set_first_sigma(sigmas, 9.0).tolist() == [9.0, 4.0, 2.0, 0.0]
    assert schedulers.extend_intermediate_sigmas(sigmas, end_at_sigma=4.0).tolist() == [8.0, 6.0, 4.0, 3.0, 2.0, 0.0]


@pytest.mark.parametrize(
    ("percent", "is_actual", "sigma"),
    [
        (0.0, False, TABLE.percent_to_sigma(0.0)),
        (0.0, True, float(TABLE.sigmas[-1])),
        (1.0, False, 0.0),
        (1.0, True, float(TABLE.sigmas[0])),
        (0.4, True, TABLE.percent_to_sigma(0.4)),
    ],
)
def test_percents_become_noise_levels(percent: float, is_actual: bool, sigma: float) -> None:
    found = schedulers.sampling_percent_to_sigma(HANDLE, percent, is_actual, models=MODELS)
    assert found.sigma_value == pytest.approx(sigma)


def test_noise_is_added_by_as_much_as_the_levels_fall() -> None:
    start = latent(seed=4)
    noised = schedulers.add_noise(HANDLE, Noise(2), torch.tensor([5.0, 3.0, 1.0]), start, models=MODELS)["samples"]
    noise = torch.randn(start["samples"].shape, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(noised, start["samples"] + noise * 4.0 / NETWORK.latent_format.scale, atol=1e-4)


def test_noise_of_one_level_is_that_level_and_of_none_is_nothing() -> None:
    start = latent()
    one = schedulers.add_noise(HANDLE, Noise(2), torch.tensor([5.0]), start, models=MODELS)["samples"]
    assert float(one.std()) == pytest.approx(5.0 / NETWORK.latent_format.scale, rel=0.2)
    assert schedulers.add_noise(HANDLE, Noise(2), torch.empty(0), start, models=MODELS) is start
    endless = torch.tensor([math.inf])
    assert schedulers.add_noise(HANDLE, Noise(2), endless, start, models=MODELS)["samples"].isfinite().all()
