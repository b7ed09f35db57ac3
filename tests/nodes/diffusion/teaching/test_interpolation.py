"""Ways between two noises and two texts."""

from itertools import pairwise

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.teaching.interpolation import noise_between, slerp, texts_between
from nodes.diffusion.types import LatentFormat
from tests.nodes.diffusion.networks import HANDLE, latent, text, unet_network

A, B = (torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_noise_on_the_arc_keeps_its_deviation(share: float) -> None:
    assert float(slerp(A, B, share).std()) == pytest.approx(1.0, abs=0.02)


def test_a_straight_line_would_not() -> None:
    assert float(torch.lerp(A, B, 0.5).std()) == pytest.approx(0.71, abs=0.02)


def test_the_ends_of_the_arc_are_the_two_noises() -> None:
    assert torch.allclose(slerp(A, B, 0.0), A, atol=1e-6)
    assert torch.allclose(slerp(A, B, 1.0), B, atol=1e-6)


def test_steps_on_the_arc_are_equal() -> None:
    points = [slerp(A, B, share).flatten() for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    steps = [float((b - a).norm()) for a, b in pairwise(points)]
    assert steps == pytest.approx([steps[0]] * 4, rel=0.05)  # the two noises are not equally long


def test_between_a_noise_and_itself_there_is_only_that() -> None:
    assert torch.allclose(slerp(A, A, 0.3), A)


def test_the_noise_is_as_strong_as_a_run_begins_with() -> None:
    network = unet_network()
    found = noise_between(network, HANDLE, latent(), (3, 4), 5)["samples"]
    highest = float(((1 - network.betas.double()).prod()).reciprocal().sqrt())  # sqrt(1 + sigma^2)
    assert len(found) == 5
    assert float((found * network.latent_format.scale).std()) == pytest.approx(highest, rel=0.15)


def test_noise_is_in_the_scale_of_the_autoencoder_where_channels_differ() -> None:
    formats = LatentFormat(scale=1.0, means=(10.0, -20.0, 5.0, 0.0), deviations=(2.0, 0.5, 3.0, 1.0))
    plain, other = unet_network(latent_format=LatentFormat(scale=1.0)), unet_network(latent_format=formats)
    wanted, found = (noise_between(each, HANDLE, latent(), (3, 4), 2)["samples"] for each in (plain, other))
    assert torch.allclose(formats.to_network(found), wanted, atol=1e-4)


def test_texts_go_along_a_straight_line_and_short_ones_are_padded() -> None:
    first, second = text(1), text(2)
    (hidden, _), *rest = texts_between(first, second, 3)
    assert not rest
    assert torch.allclose(hidden[0], first[0][0][0])
    assert torch.allclose(hidden[2], second[0][0][0])
    assert torch.allclose(hidden[1], (hidden[0] + hidden[2]) / 2)
    longer = [(torch.cat([second[0][0]] * 2, 1), {})]
    assert texts_between(first, longer, 2)[0][0].shape[1] == longer[0][0].shape[1]


def test_an_empty_end_is_refused() -> None:
    with pytest.raises(DiffusionError, match="Both ends"):
        texts_between([], text(1), 3)
