"""The guided model as one function of latent and noise level."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.denoiser import GuidedDenoiser
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Guider, Start
from tests.nodes.diffusion.networks import HANDLE, EchoNetwork, cfg_guider, unet_network, word

X = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def denoiser(network: EchoNetwork, guider: Guider) -> GuidedDenoiser:
    return GuidedDenoiser(network, parameterisation_of(network, guider.model.options), guider, Start(X))


def test_guidance_one_leaves_the_negative_side_out() -> None:
    network = EchoNetwork()
    found = denoiser(network, cfg_guider(word(2.0), word(9.0), 1.0))(X, torch.tensor(1.0))
    assert network.shapes == [(1, 4, 8, 8)]
    assert torch.allclose(found, torch.tensor(2.0))


def test_guidance_above_one_asks_for_both_sides_in_one_call() -> None:
    network = EchoNetwork()
    found = denoiser(network, cfg_guider(word(2.0), word(1.0), 4.0))(X, torch.tensor(1.0))
    assert network.shapes == [(2, 4, 8, 8)]
    assert torch.allclose(found, torch.tensor(5.0))


@pytest.mark.parametrize("cfg", [1.0, 4.0])
def test_the_unconditional_prediction_is_that_of_the_negative_side_at_every_scale(cfg: float) -> None:
    network = EchoNetwork()
    guided = denoiser(network, cfg_guider(word(2.0), word(1.0), cfg))
    denoised, unconditional = guided.with_unconditional(X, torch.tensor(1.0))
    assert network.shapes == [(2, 4, 8, 8)]
    assert torch.allclose(denoised, torch.tensor(1.0 + cfg))
    assert torch.allclose(unconditional, torch.tensor(1.0))
    assert torch.allclose(guided(X, torch.tensor(1.0)), denoised)


def test_without_a_negative_side_the_unconditional_prediction_is_the_guided_one() -> None:
    guided = denoiser(EchoNetwork(), Guider(HANDLE, "basic", {"positive": word(2.0)}))
    denoised, unconditional = guided.with_unconditional(X, torch.tensor(1.0))
    assert torch.equal(denoised, unconditional)


def test_percents_are_those_of_the_models_noise_levels() -> None:
    guided = denoiser(EchoNetwork(), cfg_guider(word(2.0), word(1.0)))
    assert guided.percent_to_sigma(0.5) == parameterisation_of(EchoNetwork(), {}).percent_to_sigma(0.5)


def test_texts_take_turns_by_noise_level() -> None:
    network = EchoNetwork()
    guided = denoiser(
        network,
        cfg_guider([*word(1.0, start_percent=0.0, end_percent=0.5), *word(3.0, start_percent=0.5)], word(0.0), 1.0),
    )
    assert float(guided(X, torch.tensor(10.0)).mean()) == 1.0
    assert float(guided(X, torch.tensor(0.1)).mean()) == 3.0
    assert float(guided(X, torch.tensor(9.0)).mean()) == 1.0
    assert [shape[0] for shape in network.shapes] == [1, 1, 1]


def test_a_side_without_any_text_at_a_level_counts_as_zero() -> None:
    guided = denoiser(EchoNetwork(), cfg_guider(word(2.0), word(1.0, end_percent=0.5), 4.0))
    assert float(guided(X, torch.tensor(0.1)).mean()) == 8.0


def test_rescaling_is_an_option_of_the_model() -> None:
    network = unet_network(prediction="v_prediction")
    plain = cfg_guider(word(2.0), word(-3.0), 8.0)
    rescaling = cfg_guider(word(2.0), word(-3.0), 8.0, rescale_cfg=0.7)
    sigma = torch.tensor(3.0)
    parameterisation = parameterisation_of(network, {})
    first = GuidedDenoiser(network, parameterisation, plain, Start(X))(X, sigma)
    second = GuidedDenoiser(network, parameterisation, rescaling, Start(X))(X, sigma)
    assert not torch.allclose(first, second)


def test_an_unknown_kind_of_guider_is_named() -> None:
    with pytest.raises(DiffusionError, match='no guider "magic"; there are basic, cfg'):
        denoiser(EchoNetwork(), Guider(HANDLE, "magic", {"positive": word(1.0)}))
