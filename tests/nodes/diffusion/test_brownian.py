"""Noise of one Brownian path a seed."""

from itertools import pairwise

import torch
import torchsde
from torch import Tensor

from nodes.diffusion.brownian import brownian_noise

SIGMAS = torch.tensor([10.0, 5.0, 2.0, 0.5, 0.0])
X = torch.zeros(1, 2, 100, 100)


def noise(low: float, high: float, seed: int = 3) -> Tensor:
    return brownian_noise(X, seed, SIGMAS)(torch.tensor(high), torch.tensor(low))


def test_noise_of_a_step_has_unit_variance() -> None:
    for high, low in ((10.0, 5.0), (5.0, 2.0), (2.0, 0.5), (0.6, 0.5)):
        found = noise(low, high)
        assert abs(float(found.mean())) < 0.03
        assert abs(float(found.std()) - 1) < 0.03


def test_two_steps_are_the_same_path_as_one() -> None:
    both = (noise(5.0, 10.0) * 5.0**0.5 + noise(2.0, 5.0) * 3.0**0.5) / 8.0**0.5
    assert torch.allclose(both, noise(2.0, 10.0), atol=1e-4)


def test_noise_of_steps_that_do_not_overlap_is_independent() -> None:
    assert abs(float((noise(5.0, 10.0) * noise(2.0, 5.0)).mean())) < 0.03


def test_steps_upwards_have_the_opposite_noise() -> None:
    draw = brownian_noise(X, 3, SIGMAS)
    low, high = torch.tensor(2.0), torch.tensor(5.0)
    assert torch.equal(draw(high, low), -draw(low, high))


def test_the_path_is_the_seeds_alone() -> None:
    assert torch.equal(noise(2.0, 5.0), noise(2.0, 5.0))
    assert not torch.allclose(noise(2.0, 5.0), noise(2.0, 5.0, seed=4), atol=0.1)


def test_the_path_is_that_of_torchsde_from_the_lowest_level_above_zero_to_the_highest() -> None:
    tree = torchsde.BrownianTree(torch.tensor(0.5), torch.zeros_like(X), torch.tensor(10.0), entropy=2**64 - 1)
    wanted = -tree(torch.tensor(2.0), torch.tensor(5.0)) / 3.0**0.5
    assert torch.allclose(noise(2.0, 5.0, seed=2**64 - 1), wanted)


def test_levels_that_the_path_rounds_are_asked_without_a_warning() -> None:
    sigmas = torch.tensor([14.614643, 3.0, 0.0291675, 0.0])  # not what float32 makes of them, by less than 1e-6
    draw = brownian_noise(X, 3, sigmas)
    for high, low in pairwise(sigmas[:-1]):
        assert abs(float(draw(high, low).std()) - 1) < 0.03
