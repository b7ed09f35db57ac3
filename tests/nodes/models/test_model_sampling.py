"""Nodes that say how a model is sampled."""

import torch

from nodes.diffusion.prediction import parameterisation_of
from nodes.models.model_sampling import model_noise_scale
from tests.nodes.diffusion.networks import HANDLE, EchoNetwork


def test_the_noise_of_a_flow_model_has_the_deviation_that_it_was_trained_with() -> None:
    network = EchoNetwork(prediction="flow")
    noise, clean, sigma = torch.ones(1, 4, 2, 2), torch.full((1, 4, 2, 2), 3.0), torch.tensor(0.25)
    usual = parameterisation_of(network, HANDLE.options).add_noise(sigma, noise, clean)
    torch.testing.assert_close(usual, 0.25 * noise + 0.75 * clean)
    louder = parameterisation_of(network, model_noise_scale(HANDLE, 8.0).options)
    torch.testing.assert_close(louder.add_noise(sigma, noise, clean), 0.25 * 8 * noise + 0.75 * clean)
    torch.testing.assert_close(louder.denoised(torch.ones(1), clean, sigma), clean - 0.25)
