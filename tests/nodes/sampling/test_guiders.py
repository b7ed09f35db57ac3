"""The nodes that combine several conditionings, in whole runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from graph.context import Context
from nodes.diffusion.types import Guider, ModelHandle, Noise, Sampler
from nodes.sampling import denoising
from nodes.sampling.guiders import dual_cfg_guider, dual_model_guider, perp_neg_guider
from tests.nodes.diffusion.networks import HANDLE, Provider, UnetNetwork, latent, text, unet_network

FIRST, SECOND, EMPTY = text(1), text(2), text(3)
SIGMAS = torch.tensor([5.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def network() -> UnetNetwork:
    return unet_network()


def drawn(network: UnetNetwork, guider: Guider) -> Tensor:
    house: dict[str, Any] = {"ctx": Context(), "models": Provider(network)}
    start = latent()
    return denoising.sampler_custom_advanced(Noise(1), guider, Sampler("euler"), SIGMAS, start, **house)[0]["samples"]


def test_dual_guidance_with_equal_conditions_is_plain_guidance(network: UnetNetwork) -> None:
    found = drawn(network, dual_cfg_guider(HANDLE, FIRST, FIRST, SECOND, 8.0, 3.0))
    assert torch.allclose(found, drawn(network, denoising.cfg_guider(HANDLE, FIRST, SECOND, 3.0)), atol=1e-3)


def test_the_styles_of_dual_guidance_differ(network: UnetNetwork) -> None:
    regular, nested = (
        drawn(network, dual_cfg_guider(HANDLE, FIRST, SECOND, EMPTY, 2.0, 3.0, style))
        for style in ("regular", "nested")
    )
    assert not torch.allclose(regular, nested, atol=0.1)


def test_perp_neg_without_a_negative_side_is_plain_guidance(network: UnetNetwork) -> None:
    found = drawn(network, perp_neg_guider(HANDLE, FIRST, SECOND, EMPTY, 3.0, 0.0))
    assert torch.allclose(found, drawn(network, denoising.cfg_guider(HANDLE, FIRST, EMPTY, 3.0)), atol=1e-3)
    stronger = drawn(network, perp_neg_guider(HANDLE, FIRST, SECOND, EMPTY, 3.0, 1.0))
    assert not torch.allclose(found, stronger, atol=0.01)


@dataclass
class Two:
    """Gives one network for one handle, and another for all others."""

    first: UnetNetwork
    second: UnetNetwork

    @contextmanager
    def use_model(self, handle: ModelHandle) -> Iterator[UnetNetwork]:
        yield self.first if handle is HANDLE else self.second


WEAKER = HANDLE.with_options()


def by_two(first: UnetNetwork, second: UnetNetwork, guider: Guider, *sigmas: float) -> Tensor:
    house: dict[str, Any] = {"ctx": Context(), "models": Two(first, second)}
    levels = torch.tensor([*(sigmas or (5.0, 2.0)), 0.0])
    return denoising.sampler_custom_advanced(Noise(1), guider, Sampler("euler"), levels, latent(), **house)[0][
        "samples"
    ]


def test_a_second_model_that_is_the_same_changes_nothing(network: UnetNetwork) -> None:
    plain = by_two(network, network, denoising.cfg_guider(HANDLE, FIRST, SECOND, 3.0))
    found = by_two(network, network, dual_model_guider(HANDLE, FIRST, 3.0, WEAKER, SECOND))
    torch.testing.assert_close(found, plain, atol=1e-4, rtol=1e-4)
    assert dual_model_guider(HANDLE, FIRST, 3.0).others == {}


def test_each_model_predicts_for_its_own_side(network: UnetNetwork) -> None:
    other = unet_network(seed=5)
    guider = dual_model_guider(HANDLE, FIRST, 3.0, WEAKER)
    found = by_two(network, other, guider, 5.0)
    assert (network.rows[-1], other.rows[-1]) == (1, 1)
    positive, negative = (by_two(each, each, dual_model_guider(HANDLE, FIRST, 1.0), 5.0) for each in (network, other))
    torch.testing.assert_close(found, negative + (positive - negative) * 3.0, atol=1e-3, rtol=1e-3)
