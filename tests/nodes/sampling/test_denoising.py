"""The nodes that sample: one run in several shapes, told step by step, stopped when asked."""

import io
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from graph.context import Context
from graph.errors import Cancelled
from nodes.diffusion.types import LatentFormat, Noise
from nodes.sampling import denoising
from tests.nodes.diffusion.networks import HANDLE, Provider, UnetNetwork, latent, text, unet_network

POSITIVE, NEGATIVE = text(1), text(2)
COLOURED = LatentFormat(rgb_factors=((0.3, 0.2, 0.1),) * 4)


@pytest.fixture(scope="module")
def network() -> UnetNetwork:
    return unet_network(latent_format=COLOURED)


@pytest.fixture
def house(network: UnetNetwork) -> dict[str, Any]:
    """What the house provides to a sampling node."""
    return {"ctx": Context(), "models": Provider(network)}


def ksampler(house: dict[str, Any], steps: int = 6, sampler: str = "euler", **inputs: Any) -> Tensor:
    wanted = {"seed": 5, "cfg": 4.0, "scheduler": "karras", "latent_image": latent(), **inputs}
    return denoising.ksampler(
        HANDLE, steps=steps, sampler_name=sampler, positive=POSITIVE, negative=NEGATIVE, **wanted, **house
    )["samples"]


def advanced(house: dict[str, Any], start: Any, steps: tuple[int, int], noise: str, leftover: str) -> Any:
    return denoising.ksampler_advanced(
        HANDLE, noise, 5, 6, 4.0, "euler", "karras", POSITIVE, NEGATIVE, start, *steps, leftover, **house
    )


def test_an_advanced_sampler_over_all_steps_is_a_plain_one(house: dict[str, Any]) -> None:
    found = advanced(house, latent(), (0, 10000), "enable", "disable")["samples"]
    assert torch.equal(found, ksampler(house))


@pytest.mark.parametrize("cut", [1, 4])
def test_two_advanced_samplers_share_one_run(house: dict[str, Any], cut: int) -> None:
    first = advanced(house, latent(), (0, cut), "enable", "enable")
    second = advanced(house, first, (cut, 10000), "disable", "disable")["samples"]
    assert torch.allclose(second, ksampler(house), rtol=1e-4, atol=1e-3)


def test_without_leftover_noise_the_last_step_removes_all_of_it(house: dict[str, Any]) -> None:
    keeps = advanced(house, latent(), (0, 2), "enable", "enable")["samples"]
    removes = advanced(house, latent(), (0, 2), "enable", "disable")["samples"]
    assert not torch.allclose(keeps, removes, atol=0.1)


def test_custom_samplers_make_the_picture_of_the_plain_one(house: dict[str, Any]) -> None:
    sampler = denoising.ksampler_select("euler")
    sigmas = denoising.basic_scheduler(HANDLE, "karras", 6, models=house["models"])
    custom = denoising.sampler_custom(
        HANDLE, True, 5, 4.0, POSITIVE, NEGATIVE, sampler, sigmas, latent_image=latent(), **house
    )
    guider = denoising.cfg_guider(HANDLE, POSITIVE, NEGATIVE, 4.0)
    most = denoising.sampler_custom_advanced(denoising.random_noise(5), guider, sampler, sigmas, latent(), **house)
    for found in (*custom, *most):  # nothing is left over, so the last prediction is the result
        assert torch.allclose(found["samples"], ksampler(house), atol=1e-4)


def test_a_custom_sampler_goes_on_where_another_stopped(house: dict[str, Any]) -> None:
    sampler, guider = denoising.ksampler_select("euler"), denoising.cfg_guider(HANDLE, POSITIVE, NEGATIVE, 4.0)
    sigmas = denoising.basic_scheduler(HANDLE, "karras", 6, models=house["models"])
    high, low = denoising.split_sigmas(sigmas, 2)
    assert float(high[-1]) == float(low[0])
    first = denoising.sampler_custom_advanced(denoising.random_noise(5), guider, sampler, high, latent(), **house)
    second = denoising.sampler_custom_advanced(
        denoising.disable_noise(), guider, sampler, low, first.output, **house
    ).output
    assert torch.allclose(second["samples"], ksampler(house), rtol=1e-4, atol=1e-3)
    assert not torch.allclose(first.denoised_output["samples"], first.output["samples"], atol=0.1)


def test_a_basic_guider_is_guidance_one(house: dict[str, Any]) -> None:
    sigmas = denoising.basic_scheduler(HANDLE, "karras", 6, models=house["models"])
    found = denoising.sampler_custom_advanced(
        Noise(5),
        denoising.basic_guider(HANDLE, POSITIVE),
        denoising.ksampler_select("euler"),
        sigmas,
        latent(),
        **house,
    )
    assert torch.equal(found.output["samples"], ksampler(house, cfg=1.0))


@pytest.mark.parametrize(("denoise", "count"), [(1.0, 9), (0.5, 9), (0.0, 0)])
def test_a_schedule_has_as_many_steps_as_asked(house: dict[str, Any], denoise: float, count: int) -> None:
    assert len(denoising.basic_scheduler(HANDLE, "normal", 8, denoise, models=house["models"])) == count


def test_every_step_is_told_with_a_picture_if_the_client_wants_one(house: dict[str, Any]) -> None:
    told: list[tuple[float, float, bytes | None]] = []
    for previews in ("none", "auto"):
        house["ctx"] = Context(previews=previews, report=lambda *report: told.append(report))
        ksampler(house, 3)
    assert [(value, maximum) for value, maximum, _ in told] == [(1, 3), (2, 3), (3, 3)] * 2
    assert [picture is None for _, _, picture in told] == [True] * 3 + [False] * 3
    with Image.open(io.BytesIO(told[-1][2] or b"")) as picture:
        assert picture.size == (64, 64)


@pytest.mark.parametrize("sampler", ["euler", "heun"])
def test_a_cancelled_job_stops_within_one_step(network: UnetNetwork, house: dict[str, Any], sampler: str) -> None:
    told: list[float] = []
    house["ctx"] = Context(
        report=lambda value, maximum, picture: told.append(value), is_cancelled=lambda: len(told) >= 2
    )
    network.rows.clear()
    with pytest.raises(Cancelled):
        ksampler(house, 50, sampler)
    assert told == [1, 2]
    assert len(network.rows) == 3 * (2 if sampler == "heun" else 1)


def test_a_job_that_is_cancelled_already_samples_nothing(network: UnetNetwork, house: dict[str, Any]) -> None:
    house["ctx"] = Context(is_cancelled=lambda: True)
    network.rows.clear()
    with pytest.raises(Cancelled):
        ksampler(house)
    assert not network.rows
