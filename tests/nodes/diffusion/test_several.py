"""A video and its sound as one latent: taken apart without loss, sampled as both would be, each with its own mask."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import initial_noise
from nodes.diffusion.sampling import Recipe, add_noise, sample
from nodes.diffusion.several import PACKING, Packing
from nodes.diffusion.types import Guider, Latent, LatentFormat, ModelHandle, ModelSource, Noise, Sampler

SHAPES = (torch.Size((3, 2, 2, 2)), torch.Size((2, 5, 3)))


class Playing:
    """A network that moves videos by what the text says, and sounds by twice that; it keeps what it was told."""

    latent_format = LatentFormat(channels=3, scale=1.0, downscale=32, has_frames=True)
    sound_format = LatentFormat(channels=2, scale=1.0, downscale=1)
    device, dtype = torch.device("cpu"), torch.float32
    prediction, betas, sampling, context_width = "flow", torch.zeros(0), {"shift": 1.0}, 1
    sees_given_clean = True

    def __init__(self) -> None:
        self.starts: list[Any] = []
        self.seen: list[list[Tensor]] = []

    def inputs(self, options: Any, role: str, start: Any) -> dict[str, Tensor]:
        self.starts.append(start)
        return {}

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Any) -> Tensor:
        if PACKING not in extra:
            return x - context.mean((1, 2)).view(-1, 1, 1, 1, 1)
        parts = extra[PACKING].unpacked(x)
        self.seen.append(parts)
        words = context.mean(1)[:, :, None, None]
        return extra[PACKING].packed([parts[0] - words[..., None], parts[1] - 2 * words])


def recipe(
    sampler: str = "euler", kind: str = "basic", options: dict[str, float] | None = None, seed: int = 3
) -> Recipe:
    model = ModelHandle(ModelSource(None, "model", "playing"))  # type: ignore[arg-type]  # no file
    texts = {"positive": [(torch.ones(1, 2, 1), {})], "negative": [(torch.zeros(1, 2, 1), {})]}
    conditionings = texts if kind != "basic" else {"positive": texts["positive"]}
    guider = Guider(model, kind, conditionings, options or {})
    return Recipe(guider, Sampler(sampler), torch.tensor([1.0, 0.6, 0.0]), Noise(seed), seed)


def latent(batch: int = 2, **beside: Any) -> Latent:
    sound: Latent = {"samples": torch.zeros(batch, *SHAPES[1])}
    return {"samples": torch.zeros(batch, *SHAPES[0]), "sound": sound, **beside}


def silent(step: int, steps: int, x: Tensor, denoised: Tensor) -> None:
    assert x.shape[1:] == denoised.shape[1:] == SHAPES[0]


@given(st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=4), min_size=1, max_size=3), st.integers(1, 3))
def test_what_is_packed_comes_out_again(shapes: list[list[int]], batch: int) -> None:
    packing = Packing(tuple(torch.Size(shape) for shape in shapes))
    latents = [torch.randn(batch, *shape) for shape in shapes]
    row = packing.packed(latents)
    assert row.shape[:3] == (batch, 1, 1)
    assert all(torch.equal(one, other) for one, other in zip(latents, packing.unpacked(row), strict=True))


def test_noise_is_that_of_the_video_and_then_that_of_the_sound() -> None:
    packing = Packing(SHAPES)
    video, sound = packing.unpacked(packing.noise((2, 1, 1, 54), 7))
    assert torch.equal(video, initial_noise((2, *SHAPES[0]), 7))
    generator = torch.Generator().manual_seed(7)
    torch.randn(2, *SHAPES[0], generator=generator)
    assert torch.equal(sound, torch.randn(2, *SHAPES[1], generator=generator))


def test_both_are_sampled_at_once() -> None:
    network: Any = Playing()
    output, denoised = sample(network, recipe(), latent(), silent)
    assert output["samples"].shape == (2, *SHAPES[0])
    assert output["sound"]["samples"].shape == (2, *SHAPES[1])
    assert network.starts[0].latent.shape == (2, *SHAPES[0])
    assert network.starts[0].sound.latent.shape == (2, *SHAPES[1])
    torch.testing.assert_close(network.seen[0][0], initial_noise((2, *SHAPES[0]), 3))
    torch.testing.assert_close(denoised["samples"], output["samples"])


def test_the_video_is_that_of_a_run_without_sound_where_the_network_hears_nothing() -> None:
    network: Any = Playing()
    alone = sample(network, recipe(), {"samples": torch.zeros(2, *SHAPES[0])}, silent).output
    both = sample(network, recipe(), latent(), silent).output
    torch.testing.assert_close(both["samples"], alone["samples"])


@pytest.mark.parametrize(
    "sampler", ["euler", "euler_ancestral", "dpmpp_2m", "euler_cfg_pp", "euler_ancestral_cfg_pp", "ddim"]
)
@pytest.mark.parametrize("kept", ["video", "sound", "a frame"])
def test_what_a_mask_keeps_stays(sampler: str, kept: str) -> None:
    start = latent()
    start["samples"], start["sound"]["samples"] = torch.ones(2, *SHAPES[0]), torch.ones(2, *SHAPES[1])
    if kept == "sound":
        start["sound"]["noise_mask"] = torch.zeros(1, 64, 64)
    else:
        start["noise_mask"] = torch.zeros(1, 1, 2, 1, 1)
        start["noise_mask"][:, :, 1:] = float(kept == "a frame")
    output = sample(Playing(), recipe(sampler, "cfg", {"cfg": 3.0}), start, silent).output  # type: ignore[arg-type]
    video, sound = output["samples"], output["sound"]["samples"]
    ones = [bool(((each - 1).abs() < 1e-4).all()) for each in (video[:, :, 0], video[:, :, 1], sound)]
    assert ones == {"video": [True, True, False], "sound": [False, False, True], "a frame": [True, False, False]}[kept]
    assert output.get("noise_mask") is start.get("noise_mask")


def test_video_and_sound_have_scales_of_their_own() -> None:
    scales = {"video_cfg": 2.0, "audio_cfg": 5.0}
    found = sample(Playing(), recipe("euler", "cfg_with_sound", scales), latent(), silent).output  # type: ignore[arg-type]
    video = sample(Playing(), recipe("euler", "cfg", {"cfg": 2.0}), latent(), silent).output  # type: ignore[arg-type]
    sound = sample(Playing(), recipe("euler", "cfg", {"cfg": 5.0}), latent(), silent).output  # type: ignore[arg-type]
    torch.testing.assert_close(found["samples"], video["samples"])
    torch.testing.assert_close(found["sound"]["samples"], sound["sound"]["samples"])
    assert not torch.allclose(video["sound"]["samples"], sound["sound"]["samples"])
    alone: Latent = {"samples": torch.zeros(2, *SHAPES[0])}
    plain = sample(Playing(), recipe("euler", "cfg_with_sound", scales), alone, silent).output  # type: ignore[arg-type]
    torch.testing.assert_close(plain["samples"], video["samples"])


def test_a_seed_for_each_is_kept() -> None:
    network: Any = Playing()
    both = sample(network, recipe(seed=3), latent(own_seeds=True, batch_index=[0, 1]), silent).output
    second = sample(network, recipe(seed=4), latent(1), silent).output
    torch.testing.assert_close(both["samples"][1:], second["samples"])
    torch.testing.assert_close(both["sound"]["samples"][1:], second["sound"]["samples"])


def test_noise_is_added_to_both() -> None:
    network: Any = Playing()
    noised = add_noise(network, recipe().guider.model, Noise(7), torch.tensor([1.0, 0.0]), latent())
    assert torch.equal(noised["samples"], initial_noise((2, *SHAPES[0]), 7))
    assert noised["sound"]["samples"].std() > 0.5


@pytest.mark.parametrize(
    ("sound", "makes_sound", "message"),
    [
        (torch.zeros(2, 2, 5, 3), False, "makes no sound"),
        (torch.zeros(2, 7, 5, 3), True, "2 channels of steps and tones"),
        (torch.zeros(3, 2, 5, 3), True, "make as many of both"),
    ],
)
def test_what_does_not_belong_together_is_refused(sound: Tensor, makes_sound: bool, message: str) -> None:
    network: Any = Playing()
    if not makes_sound:
        network.sound_format = None
    with pytest.raises(DiffusionError, match=message):
        sample(network, recipe(), {**latent(), "sound": {"samples": sound}}, silent)
