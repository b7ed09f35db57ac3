"""Networks seen from sigma space: tables, timesteps, and what an output means."""

import math

import pytest
import torch
from diffusers import EDMEulerScheduler, LCMScheduler
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import (
    BEFORE_THE_FIRST_STEP,
    DiscreteParameterisation,
    FlowParameterisation,
    is_pure_noise,
    parameterisation_of,
    sigmas_of,
    zero_terminal_snr,
)
from nodes.diffusion.types import Prediction
from tests.nodes.diffusion.networks import BETAS, EchoNetwork

DISCRETE = DiscreteParameterisation(sigmas_of(BETAS), "epsilon")
EVERY = [
    DISCRETE,
    DiscreteParameterisation(sigmas_of(BETAS), "v_prediction"),
    DiscreteParameterisation(sigmas_of(BETAS), "sample"),
    FlowParameterisation(1.0),
    FlowParameterisation(3.0),
]


def test_the_table_of_stable_diffusion_has_the_known_ends() -> None:
    assert DISCRETE.sigmas.shape == (1000,)
    assert float(DISCRETE.sigmas[-1]) == pytest.approx(14.6146, abs=5e-5)
    assert float(DISCRETE.sigmas[0]) == pytest.approx(0.0292, abs=5e-5)


@given(st.integers(0, 999))
def test_a_timestep_of_the_table_is_found_from_its_sigma(timestep: int) -> None:
    assert int(DISCRETE.timestep(DISCRETE.sigmas[timestep])) == timestep
    assert torch.allclose(DISCRETE.sigma(torch.tensor(timestep)), DISCRETE.sigmas[timestep], rtol=1e-5)


@given(st.floats(0.03, 14.6))
def test_the_timestep_is_the_nearest_in_the_logarithm(sigma: float) -> None:
    distances = [abs(math.log(float(level)) - math.log(sigma)) for level in DISCRETE.sigmas]
    chosen = int(DISCRETE.timestep(torch.tensor(sigma)))
    assert distances[chosen] == pytest.approx(min(distances), abs=1e-6)


def test_between_timesteps_the_logarithm_is_interpolated() -> None:
    middle = float(DISCRETE.sigma(torch.tensor(10.5)))
    assert middle == pytest.approx(math.sqrt(float(DISCRETE.sigmas[10]) * float(DISCRETE.sigmas[11])), rel=1e-5)
    assert float(DISCRETE.sigma(torch.tensor(5000.0))) == pytest.approx(float(DISCRETE.sigmas[-1]), rel=1e-6)


def output_for(parameterisation: object, x0: torch.Tensor, noise: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """What a perfect network of that kind would say (Salimans and Ho, 2022, for v)."""
    if isinstance(parameterisation, FlowParameterisation):
        return noise - x0
    assert isinstance(parameterisation, DiscreteParameterisation)
    alpha, deviation = 1 / (1 + sigma**2).sqrt(), sigma / (1 + sigma**2).sqrt()
    outputs = {"epsilon": noise, "sample": x0, "v_prediction": alpha * noise - deviation * x0}
    return outputs[parameterisation.predicts]


@pytest.mark.parametrize("parameterisation", EVERY, ids=lambda each: getattr(each, "predicts", "flow"))
@given(level=st.floats(0.05, 0.95))
def test_the_right_output_is_understood_as_the_clean_latent(parameterisation: object, level: float) -> None:
    assert isinstance(parameterisation, DiscreteParameterisation | FlowParameterisation)
    sigma = parameterisation.sigmas[int(level * len(parameterisation.sigmas))]
    generator = torch.Generator().manual_seed(0)
    x0, noise = torch.randn(2, 1, 4, 4, 4, generator=generator)
    x = parameterisation.add_noise(sigma, noise, x0)
    found = parameterisation.denoised(output_for(parameterisation, x0, noise, sigma), x, sigma)
    assert torch.allclose(found, x0, atol=1e-4)


def test_the_network_sees_latents_of_unit_variance() -> None:
    sigma = torch.tensor(7.0)
    x = torch.randn(1, 4, 64, 64) + 7 * torch.randn(1, 4, 64, 64)
    assert float(DISCRETE.scale_input(x, sigma).std()) == pytest.approx(1.0, abs=0.03)


def test_a_whole_run_starts_with_the_variance_of_signal_and_noise() -> None:
    noise, latent, sigma = torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.5), torch.tensor(3.0)
    assert torch.allclose(DISCRETE.add_noise(sigma, noise, latent), torch.tensor(3.5))
    whole = DISCRETE.add_noise(sigma, noise, latent, from_pure_noise=True)
    assert torch.allclose(whole, torch.tensor(0.5 + math.sqrt(10)))


def test_only_the_highest_level_is_pure_noise() -> None:
    highest = float(DISCRETE.sigmas[-1])
    assert is_pure_noise(DISCRETE, highest)
    assert is_pure_noise(DISCRETE, highest * (1 - 5e-6))
    assert is_pure_noise(DISCRETE, 20.0)
    assert not is_pure_noise(DISCRETE, highest * 0.999)


def test_percents_run_from_noise_to_picture() -> None:
    assert DISCRETE.percent_to_sigma(0.0) == BEFORE_THE_FIRST_STEP
    assert DISCRETE.percent_to_sigma(1.0) == 0.0
    assert DISCRETE.percent_to_sigma(0.5) == pytest.approx(float(DISCRETE.sigma(torch.tensor(499.5))))
    flow = FlowParameterisation(3.0)
    assert [flow.percent_to_sigma(each) for each in (0.0, 1.0)] == [1.0, 0.0]
    assert flow.percent_to_sigma(0.5) == pytest.approx(3 * 0.5 / 2)


def test_a_flow_that_stops_early_hands_on_its_latent_at_full_strength() -> None:
    flow, sigma, x0 = FlowParameterisation(), torch.tensor(0.25), torch.ones(1, 1, 2, 2)
    x = flow.add_noise(sigma, torch.zeros_like(x0), x0)
    assert torch.equal(flow.remove_scaling(sigma, x), x0)
    assert float(flow.timestep(sigma)) == 250


def test_zero_terminal_snr_stretches_the_table_to_pure_noise() -> None:
    table = sigmas_of(BETAS)
    stretched = zero_terminal_snr(table)
    assert float(stretched[0]) == pytest.approx(float(table[0]), rel=1e-9)
    assert float(stretched[-1]) == pytest.approx(4518.76, rel=1e-4)
    assert (stretched.diff() > 0).all()


def test_options_of_the_handle_override_what_the_network_says() -> None:
    network = EchoNetwork(prediction="epsilon")
    plain, changed = parameterisation_of(network, {}), parameterisation_of(network, {"prediction": "v_prediction"})
    assert isinstance(plain, DiscreteParameterisation)
    assert isinstance(changed, DiscreteParameterisation)
    assert (plain.predicts, changed.predicts) == ("epsilon", "v_prediction")
    assert float(parameterisation_of(network, {"zsnr": True}).sigmas[-1]) > 4000
    flow = parameterisation_of(EchoNetwork(prediction="flow"), {"shift": 3.0})
    assert flow.is_flow
    assert float(flow.sigma(torch.tensor(500.0))) == 0.75


def test_an_unknown_prediction_is_named() -> None:
    unknown: Prediction = "noise"  # type: ignore[assignment]
    with pytest.raises(DiffusionError, match='predict "noise"; it must be epsilon'):
        parameterisation_of(EchoNetwork(prediction=unknown), {})


def test_distilled_models_know_fifty_levels_and_mix_in_their_input() -> None:
    from_table = parameterisation_of(EchoNetwork(), {"prediction": "lcm"})
    table = parameterisation_of(EchoNetwork(), {"prediction": "epsilon"})
    assert torch.equal(from_table.sigmas, table.sigmas[19::20])
    assert [int(from_table.timestep(sigma)) for sigma in from_table.sigmas[[0, 1, -1]]] == [19, 39, 999]
    assert torch.allclose(from_table.sigma(torch.tensor(39.0)), table.sigmas[39])
    x, output = torch.randn(2, 4, 3, 3), torch.randn(2, 4, 3, 3)
    for index in (0, 10, 49):
        sigma = from_table.sigmas[index]
        keep, change = LCMScheduler().get_scalings_for_boundary_condition_discrete(from_table.timestep(sigma))
        expected = (x - output * sigma) * change + x * keep
        assert torch.allclose(from_table.denoised(output, x, sigma), expected, atol=1e-5)


@pytest.mark.parametrize("tells", ["log", "angle"])
def test_continuous_levels_are_told_and_understood(tells: str) -> None:
    options = {"prediction": "v_prediction", "sigma_min": 0.03, "sigma_max": 500.0, "tells": tells}
    found = parameterisation_of(EchoNetwork(), options)
    assert torch.allclose(found.sigma(found.timestep(found.sigmas)), found.sigmas, rtol=1e-3)
    assert found.percent_to_sigma(0.5) == pytest.approx((0.03 * 500.0) ** 0.5, rel=1e-4)
    assert found.percent_to_sigma(1.0) == 0.0


def test_edm_is_that_of_diffusers() -> None:
    found = parameterisation_of(EchoNetwork(), {"prediction": "edm", "sigma_min": 0.002, "sigma_max": 80.0})
    theirs = EDMEulerScheduler()
    x, output, sigma = torch.randn(1, 4, 3, 3), torch.randn(1, 4, 3, 3), torch.tensor(3.0)
    assert torch.allclose(found.scale_input(x, sigma), theirs.precondition_inputs(x, sigma), atol=1e-6)
    assert torch.allclose(found.denoised(output, x, sigma), theirs.precondition_outputs(x, output, sigma), atol=1e-6)
    assert torch.allclose(found.timestep(sigma), theirs.precondition_noise(sigma), atol=1e-6)
