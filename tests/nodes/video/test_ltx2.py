"""LTX-2 from its files to the video with its sound, from pictures and sounds, through the nodes."""

import math
from typing import Any

import pytest
import torch

from graph.context import Context
from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.latents.editing import set_latent_noise_mask
from nodes.latents.empty_latents import empty_ltxv_latent_video
from nodes.models.loaders import load_checkpoint
from nodes.sampling.denoising import random_noise, sampler_custom_advanced
from nodes.sampling.samplers import sampler_euler_ancestral
from nodes.video.ltx2 import (
    decode_audio,
    dual_cfg_guider,
    empty_latent_audio,
    encode_audio,
    join_latents,
    load_audio_vae,
    load_text_encoder,
    separate_latents,
)
from nodes.video.timed_conditioning import ltxv_conditioning
from tests.nodes.diffusion import ltx2_originals
from tests.nodes.house import House, is_picture

NAME = "x.safetensors"


class Bench:
    """A house with an LTX-2, and the handles of its parts."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.model, _, self.vae = load_checkpoint(NAME, **house.files)
        self.clip = load_text_encoder(NAME, NAME, "default", **house.files)
        self.sound_vae = load_audio_vae(NAME, **house.files)
        texts = house.text(self.clip, "a cat sings"), house.text(self.clip, "")
        self.texts = ltxv_conditioning(*texts, 24.0)

    def empty(self) -> Any:
        video = empty_ltxv_latent_video(64, 96, 9, 1)
        return join_latents(video, empty_latent_audio(9, 24, 1, self.sound_vae, models=self.house.models))

    def sampled(self, latent: Any, **scales: float) -> Any:
        guider = dual_cfg_guider(self.model, *self.texts, **{"video_cfg": 2.0, "audio_cfg": 3.0, **scales})
        sigmas, sampler = torch.tensor([1.0, 0.7, 0.0]), sampler_euler_ancestral(0.0)
        house = {"ctx": Context(), "models": self.house.models}
        return sampler_custom_advanced(random_noise(1), guider, sampler, sigmas, latent, **house).output


@pytest.fixture(scope="module", params=ltx2_originals.VERSIONS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    house = House(tmp_path_factory.mktemp("ltx2"))
    ltx2_originals.ltx2(request.param).write(house.folder)
    return Bench(house)


def test_a_text_becomes_a_video_with_its_sound(bench: Bench) -> None:
    assert bench.model.source.architecture == bench.clip.source.architecture == "ltx2"
    video, sound = separate_latents(bench.sampled(bench.empty()))
    assert video["samples"].shape == (1, 128, 2, 3, 2)
    assert sound["samples"].shape == (1, 8, math.ceil(9 / 24 * 25), 4)
    frames = bench.house.decode(video, bench.vae)
    assert len(frames) == 9
    assert is_picture(frames, 96, 64)
    heard = decode_audio(sound, bench.sound_vae, models=bench.house.models)
    assert heard["waveform"].shape[:2] == (1, 2)
    assert heard["waveform"].std() > 0
    assert heard["waveform"].shape[-1] / heard["sample_rate"] == pytest.approx(9 / 24, abs=0.03)


def test_the_sound_of_a_latent_of_both_is_found(bench: Bench) -> None:
    both = bench.sampled(bench.empty())
    _, sound = separate_latents(both)
    found = [decode_audio(each, bench.sound_vae, models=bench.house.models)["waveform"] for each in (both, sound)]
    assert torch.equal(*found)


def test_scales_of_one_ask_for_the_positive_side_alone(bench: Bench) -> None:
    once = bench.sampled(bench.empty(), video_cfg=1.0, audio_cfg=1.0)
    twice = bench.sampled(bench.empty(), video_cfg=1.0, audio_cfg=1.001)
    torch.testing.assert_close(once["samples"], twice["samples"], atol=1e-2, rtol=1e-2)
    more = bench.sampled(bench.empty(), video_cfg=1.0, audio_cfg=7.0)
    assert not torch.allclose(more["sound"]["samples"], once["sound"]["samples"], atol=1e-2)


def test_a_video_is_made_for_a_sound(bench: Bench) -> None:
    wave = torch.sin(torch.arange(6000) / 16000 * 2 * math.pi * 440).expand(1, 2, -1)
    sound = encode_audio({"waveform": wave, "sample_rate": 16000}, bench.sound_vae, models=bench.house.models)
    kept = set_latent_noise_mask(sound, torch.zeros(1, 64, 64))
    both = bench.sampled(join_latents(empty_ltxv_latent_video(64, 64, 9, 1), kept))
    torch.testing.assert_close(both["sound"]["samples"], sound["samples"], atol=1e-4, rtol=1e-4)
    assert both["samples"].std() > 0


def test_a_video_is_made_without_sound(bench: Bench) -> None:
    both = bench.sampled(empty_ltxv_latent_video(64, 64, 9, 1))
    assert "sound" not in both
    with pytest.raises(DiffusionError, match="holds no sound"):
        separate_latents(both)


def test_an_autoencoder_of_pictures_is_refused_for_sound(bench: Bench) -> None:
    with pytest.raises(DiffusionError, match="use LTXVAudioVAELoader"):
        decode_audio({"samples": torch.zeros(1, 8, 2, 4)}, bench.vae, models=bench.house.models)


def test_gemma_alone_does_not_read_for_it(bench: Bench) -> None:
    (bench.house.folder / "checkpoints" / "g.safetensors").write_bytes(
        (bench.house.folder / "text_encoders" / NAME).read_bytes()
    )
    with pytest.raises(UnsupportedModel, match="cannot be read as the text encoder of LTX-2"):
        load_text_encoder(NAME, "g.safetensors", "default", **bench.house.files)
