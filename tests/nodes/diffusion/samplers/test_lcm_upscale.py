"""Consistency sampling that grows: its sizes, its noise, and that without growth it is the plain one."""

import pytest
import torch

from nodes.diffusion.samplers import SAMPLERS, UNLISTED, algorithm_of
from nodes.diffusion.samplers.lcm_upscale import following_noise, growth, lcm_upscale
from nodes.diffusion.sampling import Recipe, sample
from nodes.diffusion.schedules.named import Steps
from nodes.diffusion.types import Guider, Noise
from nodes.sampling.samplers import sampler_lcm_upscale
from tests.nodes.diffusion.networks import HANDLE, latent, text, unet_network


def test_it_is_known_by_name_and_not_listed() -> None:
    assert algorithm_of("lcm_upscale") is UNLISTED["lcm_upscale"]
    assert "lcm_upscale" not in SAMPLERS


@pytest.mark.parametrize(
    ("ratio", "steps", "levels", "wanted"),
    [
        (2.0, -1, 5, [1.5, 2.0]),
        (2.0, 1, 9, [2.0]),
        (3.0, 4, 9, [1.5, 2.0, 2.5, 3.0]),
        (2.0, 1000, 3, [4 / 3, 5 / 3, 2.0]),
    ],
)
def test_it_grows_in_equal_steps(ratio: float, steps: int, levels: int, wanted: list[float]) -> None:
    assert growth(ratio, steps, levels) == pytest.approx(wanted)


def test_noise_goes_on_after_that_of_the_start() -> None:
    generator = torch.Generator().manual_seed(7)
    torch.randn(1, 4, 8, 8, generator=generator)
    noise = following_noise(torch.zeros(1, 4, 8, 8), 7, torch.zeros(0))
    for size in ((1, 4, 12, 12), (1, 4, 16, 16)):
        assert torch.equal(noise(torch.zeros(size), torch.tensor(1.0)), torch.randn(size, generator=generator))


def test_each_step_works_at_its_own_size() -> None:
    sizes = []

    class Echo:
        is_flow = False

        def __call__(self, x, sigma):
            sizes.append(tuple(x.shape[-2:]))
            return torch.zeros_like(x)

    sigmas = torch.tensor([8.0, 4.0, 2.0, 1.0, 0.0])
    x = torch.randn(2, 4, 8, 6)
    noise = following_noise(x, 1, sigmas)
    found = lcm_upscale(Echo(), x, sigmas, noise=noise, on_step=lambda *_: None, scale_ratio=2.0)
    assert sizes == [(8, 6), (12, 9), (16, 12), (16, 12)]
    assert found.shape == (2, 4, 16, 12)


def test_a_picture_grows_through_the_node() -> None:
    network = unet_network()
    guider = Guider(HANDLE, "cfg", {"positive": text(1), "negative": text(2)}, {"cfg": 3.0})
    recipe = Recipe(guider, sampler_lcm_upscale(2.0, -1, "bislerp"), Steps("simple", 4), Noise(3), 3)
    found, again = (sample(network, recipe, latent(), lambda *_: None).output["samples"] for _ in range(2))
    assert found.shape == (1, 4, 16, 16)
    assert torch.equal(found, again)
