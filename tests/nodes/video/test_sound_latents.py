"""Stable Audio from its files to the sound, and from a sound, through the nodes."""

from typing import Any

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.latents.editing import empty_latent_image
from nodes.latents.empty_latents import empty_latent_audio
from nodes.models.loaders import load_checkpoint, load_clip
from nodes.video.sound_latents import decode_audio, decode_audio_tiled, encode_audio
from nodes.video.timed_conditioning import conditioning_stable_audio
from tests.nodes.diffusion import stable_audio_originals
from tests.nodes.diffusion.originals import write_t5_vocabulary
from tests.nodes.house import House

NAME = "x.safetensors"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Any, Any, Any]:
    """A house, and the handles of the three parts."""
    house = House(tmp_path_factory.mktemp("audio"))
    stable_audio_originals.stable_audio().write(house.folder, NAME)
    write_t5_vocabulary(house.folder / "tokenizers" / "t5")
    parts = load_checkpoint(NAME, **house.files)
    return house, parts.MODEL, load_clip(NAME, "stable_audio", **house.files), parts.VAE


def test_a_text_becomes_a_sound_of_its_length(bench: Any) -> None:
    house, model, clip, vae = bench
    assert model.source.architecture == clip.source.architecture == "stable_audio"
    text, nothing = house.text(clip, "rain on a roof"), house.text(clip, "")
    assert text[0][0].shape == (1, 128, stable_audio_originals.WIDTH)
    sounds = []
    for seconds in (47.0, 47.0, 5.0):
        both = conditioning_stable_audio(text, nothing, 0.0, seconds)
        latent = house.sample(model, *both, empty_latent_audio(1.0, 2), scheduler="exponential")
        assert latent["samples"].shape == (2, 64, 22)
        sounds.append(decode_audio(latent, vae, models=house.models))
    assert sounds[0]["waveform"].shape == (2, 2, 22 * 8)
    assert sounds[0]["sample_rate"] == 44100
    assert torch.equal(sounds[0]["waveform"], sounds[1]["waveform"])
    assert not torch.allclose(sounds[0]["waveform"], sounds[2]["waveform"], atol=1e-5)
    assert not torch.allclose(sounds[0]["waveform"][0], sounds[0]["waveform"][1], atol=1e-5)


def test_a_sound_is_changed_where_its_mask_lets_it(bench: Any) -> None:
    house, model, clip, vae = bench
    text, nothing = house.text(clip, "rain"), house.text(clip, "")
    audio = {"waveform": torch.rand(1, 1, 160) - 0.5, "sample_rate": 44100}
    latent = encode_audio(audio, vae, models=house.models)
    assert latent["samples"].shape == (1, 64, 20)
    mask = torch.zeros(1, 1, 20)
    mask[..., 10:] = 1
    drawn = house.sample(model, text, nothing, {**latent, "noise_mask": mask}, scheduler="exponential")["samples"]
    torch.testing.assert_close(drawn[..., :10], latent["samples"][..., :10], atol=1e-4, rtol=1e-3)
    assert not torch.allclose(drawn[..., 10:], latent["samples"][..., 10:], atol=1e-2)
    same = house.sample(model, text, nothing, latent, denoise=0.0)["samples"]
    assert torch.equal(same, latent["samples"])


def test_pieces_are_as_long_as_the_whole(bench: Any) -> None:
    house, _, _, vae = bench
    latent = {"samples": torch.randn(1, 64, 70)}
    assert decode_audio_tiled(latent, vae, 32, 8, models=house.models)["waveform"].shape == (1, 2, 560)


def test_a_picture_is_no_sound(bench: Any) -> None:
    house, model, clip, vae = bench
    text = house.text(clip, "rain")
    with pytest.raises(DiffusionError, match="The latent is no sound, but the model makes sound"):
        house.sample(model, text, text, empty_latent_image(64, 64, 1))
    with pytest.raises(DiffusionError, match="use VAEEncodeAudio and VAEDecodeAudio"):
        house.decode({"samples": torch.zeros(1, 64, 8)}, vae)
