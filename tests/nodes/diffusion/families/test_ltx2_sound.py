"""LTX-2's sound: mapped as diffusers maps it, encoded and decoded as diffusers does it."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLLTX2Audio
from diffusers.loaders.single_file_utils import convert_ltx2_audio_vae_to_diffusers
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder, LTX2VocoderWithBWE
from safetensors.torch import save_file

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.ltx2_sound import Ltx2Sound, log_mel
from nodes.diffusion.families.ltx2_sound_layout import sound_config, sound_map, vocoder_config, vocoder_map
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.files.media import Audio
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import ltx2_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)
RENAMED = {
    "ups.": "upsamplers.",
    "resblocks": "resnets",
    "conv_pre": "conv_in",
    "conv_post": "conv_out",
    "act_post": "act_out",
    "downsample.lowpass": "downsample",
}
"""As diffusers' script converts vocoders."""


def test_the_files_are_mapped_as_diffusers_maps_them() -> None:
    names = sound_map(state_shapes(skeleton(AutoencoderKLLTX2Audio)))
    values = {key: torch.full((), float(number)) for number, key in enumerate(names)}
    theirs = convert_ltx2_audio_vae_to_diffusers(
        {f"audio_vae.{names[key].key}": value for key, value in values.items()}
    )
    assert {key: float(value) for key, value in theirs.items()} == {key: float(value) for key, value in values.items()}


def test_the_configuration_is_read_off_the_shapes() -> None:
    for config in ({}, originals.FEW_TONES):
        network = skeleton(lambda: AutoencoderKLLTX2Audio(**config))  # noqa: B023 - called at once
        own = state_shapes(network)
        found = sound_config(file_shapes(sound_map(own), own))
        assert {key: network.config[key] for key in found} == found


@pytest.mark.parametrize("kind", [LTX2Vocoder, LTX2VocoderWithBWE])
def test_the_vocoders_are_named_and_built_as_published(kind: Any) -> None:
    network = skeleton(kind)
    own = state_shapes(network)
    names = vocoder_map(own)
    for key, piece in names.items():
        theirs = piece.key
        for old, new in RENAMED.items():
            theirs = theirs.replace(old, new)
        assert theirs == key
    found = vocoder_config(file_shapes(names, own))
    assert {key: network.config[key] for key in found} == found


@pytest.fixture(scope="module", params=originals.VERSIONS)
def sounds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ltx2Sound, Any]:
    original = originals.ltx2(request.param)
    path = tmp_path_factory.mktemp("sound") / "s.safetensors"
    save_file({key: value.clone().contiguous() for key, value in original.sounds().items()}, path)
    found = recognise(SingleFile(path), "vae")
    assert found.family.name == "ltx2_sound"
    autoencoder: Any = found.family.load_vae(found.contents, CPU)
    assert isinstance(autoencoder, Ltx2Sound)
    return autoencoder, original


def tone(frequency: float, seconds: float = 0.5, rate: int = 16000, channels: int = 2) -> Audio:
    times = torch.arange(round(seconds * rate)) / rate
    return {"waveform": (0.5 * torch.sin(2 * math.pi * frequency * times)).expand(1, channels, -1), "sample_rate": rate}


def test_sounds_are_decoded_as_diffusers_does_it(sounds: tuple[Ltx2Sound, Any]) -> None:
    autoencoder, original = sounds
    latents = torch.randn(2, 8, 3, 4, generator=torch.Generator().manual_seed(0))
    found = autoencoder.played(latents)
    network = original.sound
    rows = latents.transpose(1, 2).flatten(2) * network.latents_std + network.latents_mean
    with torch.no_grad():
        wanted = original.vocoder(network.decode(rows.unflatten(2, (8, 4)).transpose(1, 2)).sample)
    torch.testing.assert_close(found["waveform"], wanted)
    assert found["sample_rate"] == original.vocoder.config.output_sampling_rate
    seconds = found["waveform"].shape[-1] / found["sample_rate"]
    assert seconds == pytest.approx((3 * 4 - 3) / 100)


def test_a_sound_becomes_as_many_steps_as_a_video_of_its_length(sounds: tuple[Ltx2Sound, Any]) -> None:
    autoencoder, original = sounds
    found = autoencoder.heard(tone(440.0))
    assert found.shape == (1, 8, 13, 4)
    assert autoencoder.steps(12, 24.0) == 13
    network = original.sound
    with torch.no_grad():
        spectrogram = log_mel(tone(440.0)["waveform"], 16)
        wanted = network.encode(spectrogram).latent_dist.mode().transpose(1, 2).flatten(2)
    torch.testing.assert_close(found.transpose(1, 2).flatten(2), (wanted - network.latents_mean) / network.latents_std)


def test_other_rates_and_one_channel_are_heard_alike(sounds: tuple[Ltx2Sound, Any]) -> None:
    autoencoder, _ = sounds
    found = autoencoder.heard(tone(440.0, rate=48000, channels=1))
    torch.testing.assert_close(found, autoencoder.heard(tone(440.0)), atol=0.05, rtol=0.05)
    with pytest.raises(DiffusionError, match="3 channels"):
        autoencoder.heard(tone(440.0, channels=3))
    with pytest.raises(DiffusionError, match="wants"):
        autoencoder.played(torch.zeros(1, 4, 3, 4))


def test_a_tone_is_loudest_at_its_pitch() -> None:
    for frequency in (300.0, 1000.0, 4000.0):
        spectrogram = log_mel(tone(frequency)["waveform"], 64)
        assert spectrogram.shape == (1, 2, 51, 64)
        assert float(spectrogram[0, 0, 25].argmax() + 1) == pytest.approx(_mel(frequency) / _mel(8000.0) * 65, abs=1)


def _mel(frequency: float) -> float:
    """Slaney's scale: even up to 1000 Hz, logarithmic above."""
    return frequency * 3 / 200 if frequency < 1000 else 15 + 27 * math.log(frequency / 1000) / math.log(6.4)


def test_a_file_without_a_vocoder_is_none(tmp_path: Path) -> None:
    tensors = {key: value for key, value in originals.ltx2().sounds().items() if not key.startswith("vocoder.")}
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, tmp_path / "s.safetensors")
    with pytest.raises(Exception, match="looks like"):
        recognise(SingleFile(tmp_path / "s.safetensors"), "vae")
