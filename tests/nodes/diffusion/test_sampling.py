"""Whole runs on a random UNet: what must be the same is the same."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.latent_operations import from_batch, with_own_seeds
from nodes.diffusion.noise import initial_noise, next_seed
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.samplers import SAMPLERS
from nodes.diffusion.sampling import Recipe, Sampled, fit_latent, sample, schedule
from nodes.diffusion.schedules.named import SCHEDULES, Steps
from nodes.diffusion.types import Guider, Latent, LatentFormat, Noise, Sampler
from tests.nodes.diffusion.networks import (
    HANDLE,
    EchoNetwork,
    UnetNetwork,
    cfg_guider,
    latent,
    text,
    unet_network,
    word,
)

STEPS = 6
MEMORYLESS = ("euler", "heun", "ddim")
"""Samplers that neither remember steps nor draw noise."""
LEAVES_NOISE = ("dpm_fast", "dpm_adaptive", "uni_pc", "uni_pc_bh2")
"""Samplers that stop a little above sigma 0."""


@pytest.fixture(scope="module")
def network() -> UnetNetwork:
    return unet_network()


def recipe(sampler: str = "euler", seed: int = 3, **changes: Any) -> Recipe:
    wanted = Recipe(cfg_guider(text(1), text(2)), Sampler(sampler), Steps("normal", STEPS), Noise(seed), seed)
    return replace(wanted, **changes)


def run(network: Any, how: Recipe, start: Latent) -> Sampled:
    return sample(network, how, start, lambda step, steps, x, denoised: None)


def drawn(network: Any, how: Recipe, start: Latent) -> Tensor:
    return run(network, how, start).output["samples"]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_gives_the_same_latent_and_another_seed_another(network: UnetNetwork, sampler: str) -> None:
    first, second = (drawn(network, recipe(sampler), latent()) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.allclose(first, drawn(network, recipe(sampler, seed=4), latent()), atol=0.1)


@pytest.mark.parametrize("sampler", MEMORYLESS)
@pytest.mark.parametrize("cut", [1, 3, 5])
def test_a_run_split_in_two_is_one_run(network: UnetNetwork, sampler: str, cut: int) -> None:
    whole = drawn(network, recipe(sampler), latent())
    first = run(network, recipe(sampler, steps=Steps("normal", STEPS, end=cut)), latent()).output
    second = recipe(sampler, steps=Steps("normal", STEPS, start=cut), noise=Noise(None))
    assert torch.allclose(drawn(network, second, first), whole, rtol=1e-4, atol=1e-4)


def test_a_run_of_a_flow_split_in_two_is_one_run() -> None:
    flow = unet_network(prediction="flow")
    whole = drawn(flow, recipe(), latent())
    first = run(flow, recipe(steps=Steps("normal", STEPS, end=3)), latent()).output
    second = recipe(steps=Steps("normal", STEPS, start=3), noise=Noise(None))
    assert torch.allclose(drawn(flow, second, first), whole, rtol=1e-4, atol=1e-3)


def test_each_item_of_a_batch_is_the_run_of_that_item_alone(network: UnetNetwork) -> None:
    together = drawn(network, recipe(), latent(3))
    for item in range(3):
        alone = drawn(network, recipe(), latent(1, batch_index=[item]))
        assert torch.allclose(alone[0], together[item], atol=1e-3)


def test_a_mask_of_ones_changes_nothing(network: UnetNetwork) -> None:
    start = latent(seed=1)
    plain = drawn(network, recipe(), start)
    assert torch.allclose(drawn(network, recipe(), {**start, "noise_mask": torch.ones(1, 64, 64)}), plain, atol=1e-4)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_mask_of_zeros_keeps_the_latent(network: UnetNetwork, sampler: str) -> None:
    start = latent(seed=1, noise_mask=torch.zeros(1, 1, 64, 64))
    tolerance = 1.0 if sampler in LEAVES_NOISE else 1e-4
    assert torch.allclose(drawn(network, recipe(sampler), start), start["samples"], atol=tolerance)


def test_half_a_mask_keeps_one_half_and_changes_the_other(network: UnetNetwork) -> None:
    mask = torch.zeros(64, 64)
    mask[:, 32:] = 1
    start = latent(seed=1, noise_mask=mask)
    found = drawn(network, recipe(), start)
    assert torch.allclose(found[..., :4], start["samples"][..., :4], atol=1e-4)
    assert (found[..., 4:] - start["samples"][..., 4:]).abs().mean() > 0.5


def test_ddim_noises_what_a_mask_keeps_from_the_next_seed() -> None:
    shown: list[Tensor] = []

    class Watching(EchoNetwork):
        def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Any) -> Tensor:
            shown.append(x)
            return super().predict(x, timestep, context, extra)

    start = latent(noise_mask=torch.zeros(8, 8))
    guider = Guider(HANDLE, "basic", {"positive": word(1.0)})
    for sampler, seed in (("euler", 3), ("ddim", next_seed(3))):
        run(Watching(), recipe(sampler, guider=guider, steps=torch.tensor([2.0, 0.0])), start)
        assert torch.allclose(shown.pop(), initial_noise((1, 4, 8, 8), seed) * 2 / 5**0.5, atol=1e-6)


def test_less_denoising_keeps_more_of_the_latent(network: UnetNetwork) -> None:
    start = latent(seed=1)
    distances = [
        float((drawn(network, recipe(steps=Steps("karras", STEPS, part)), start) - start["samples"]).norm())
        for part in (0.0, 0.1, 0.4, 0.8)
    ]
    assert distances[0] == 0
    assert distances == sorted(distances)


def test_a_run_without_steps_returns_the_latent(network: UnetNetwork) -> None:
    start = latent(seed=1)
    calls = len(network.rows)
    for steps in (Steps("normal", 5, 0.0), Steps("normal", 5, start=7), Steps("normal", 5, end=0), torch.empty(0)):
        found = run(network, recipe(steps=steps), start)
        assert torch.equal(found.output["samples"], start["samples"])
        assert torch.equal(found.denoised["samples"], start["samples"])
    assert len(network.rows) == calls


def test_one_noise_level_only_adds_the_noise(network: UnetNetwork) -> None:
    start, scale = latent(seed=1), network.latent_format.scale
    found = drawn(network, recipe(steps=torch.tensor([2.0])), start)
    assert torch.allclose(found, start["samples"] + initial_noise((1, 4, 8, 8), 3) * 2 / scale, atol=1e-5)


def test_the_last_denoised_latent_is_returned_beside_the_result(network: UnetNetwork) -> None:
    seen: list[Tensor] = []
    sigmas = schedule(network, HANDLE, Steps("karras", 8))[:5]
    found = sample(network, recipe(steps=sigmas), latent(), lambda step, steps, x, denoised: seen.append(denoised))
    assert torch.allclose(found.denoised["samples"], seen[-1] / network.latent_format.scale, atol=1e-5)
    assert not torch.allclose(found.denoised["samples"], found.output["samples"], atol=0.1)


def test_latents_are_scaled_for_the_network_and_back() -> None:
    class Identity(EchoNetwork):
        def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Any) -> Tensor:
            return torch.zeros_like(x)

    network = Identity(prediction="epsilon", latent_format=LatentFormat(scale=0.5, shift=0.25))
    how = recipe(guider=Guider(HANDLE, "basic", {"positive": word(1.0)}), noise=Noise(None))
    start = latent(seed=1)
    assert torch.allclose(drawn(network, how, start), start["samples"], atol=1e-5)


def test_guidance_one_calls_the_network_with_one_row_a_step(network: UnetNetwork) -> None:
    network.rows.clear()
    run(network, recipe(guider=cfg_guider(text(1), text(2), 1.0)), latent())
    assert network.rows == [1] * STEPS
    network.rows.clear()
    run(network, recipe(), latent())
    assert network.rows == [2] * STEPS


def test_guidance_one_is_basic_guidance(network: UnetNetwork) -> None:
    basic = recipe(guider=Guider(HANDLE, "basic", {"positive": text(1)}))
    one = recipe(guider=cfg_guider(text(1), text(2), 1.0))
    assert torch.equal(drawn(network, basic, latent()), drawn(network, one, latent()))


def test_a_text_for_the_whole_picture_and_time_is_a_plain_text(network: UnetNetwork) -> None:
    plain = drawn(network, recipe(), latent())
    whole = text(1, area=(8, 8, 0, 0), start_percent=0.0, end_percent=1.0)
    assert torch.allclose(drawn(network, recipe(guider=cfg_guider(whole, text(2))), latent()), plain, atol=1e-3)


def test_options_reach_the_sampler(network: UnetNetwork) -> None:
    still = replace(recipe(), sampler=Sampler("euler_ancestral", {"eta": 0.0}))
    assert torch.allclose(drawn(network, still, latent()), drawn(network, recipe("euler"), latent()), atol=1e-3)


def test_an_error_in_on_step_stops_the_run_at_that_step(network: UnetNetwork) -> None:
    def stop(step: int, steps: int, x: Tensor, denoised: Tensor) -> None:
        if step == 1:
            raise InterruptedError

    network.rows.clear()
    with pytest.raises(InterruptedError):
        sample(network, recipe(), latent(), stop)
    assert len(network.rows) == 2


def test_results_are_ordinary_tensors_and_keep_what_belongs_to_the_latent(network: UnetNetwork) -> None:
    start: Latent = {**latent(2, batch_index=[4, 1]), "noise_mask": torch.ones(1, 8, 8), "downscale_ratio_spacial": 8}
    for found in run(network, recipe(), start):
        assert not found["samples"].is_inference()
        assert found["samples"].dtype == torch.float32
        assert found["batch_index"] == [4, 1]
        assert "downscale_ratio_spacial" not in found
    assert not start["samples"].any()


def test_an_empty_latent_takes_the_shape_that_the_model_wants() -> None:
    large = LatentFormat(channels=16, downscale=16)
    assert fit_latent(latent(2), replace(large, downscale=8))["samples"].shape == (2, 16, 8, 8)
    assert fit_latent({**latent(2), "downscale_ratio_spacial": 8}, large)["samples"].shape == (2, 16, 4, 4)


def test_a_latent_of_another_kind_of_model_is_refused_with_advice() -> None:
    with pytest.raises(DiffusionError, match="has 4 channels, but the model works with 16"):
        fit_latent(latent(seed=1), LatentFormat(channels=16))


def test_an_unknown_sampler_is_named(network: UnetNetwork) -> None:
    with pytest.raises(DiffusionError, match='no sampler "magic"; there are euler'):
        run(network, recipe("magic"), latent())


def test_a_schedule_never_has_more_steps_than_asked(network: UnetNetwork) -> None:
    whole = SCHEDULES["ddim_uniform"](parameterisation_of(network, {}), 30)
    assert torch.equal(schedule(network, HANDLE, Steps("ddim_uniform", 30)), whole[-31:])
    assert len(schedule(network, HANDLE, Steps("normal", 10, 0.5))) == 11


@pytest.mark.parametrize("sampler", [each for each in SAMPLERS if each != "dpm_adaptive"])
def test_a_sample_with_a_seed_of_its_own_is_the_run_of_that_seed(network: UnetNetwork, sampler: str) -> None:
    together = drawn(network, recipe(sampler), with_own_seeds(latent(2)))
    alone = drawn(network, recipe(sampler, seed=4, noise=Noise(4)), latent(1))
    assert torch.allclose(alone[0], together[1], atol=1e-2)
    kept = from_batch(with_own_seeds(latent(2)), 1, 1)
    assert torch.allclose(drawn(network, recipe(sampler), kept)[0], together[1], atol=1e-2)
