"""LTX-2's autoencoder of sound: waveforms to spectrograms to latents; and back, through a vocoder, in finer sound."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError, IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.ltx2_sound_layout import (
    HOP,
    MEAN,
    RATE,
    STEPS_OF_A_CELL,
    sound_config,
    sound_map,
    vocoder_config,
    vocoder_map,
)
from nodes.diffusion.families.weights import Part
from nodes.diffusion.files.media import Audio
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.sounds import resampled
from nodes.diffusion.types import Component, DiffusionModel, TextEncoder
from nodes.diffusion.weights.libraries import (
    mel_filters,
    new_ltx2_fine_vocoder,
    new_ltx2_sound_autoencoder,
    new_ltx2_vocoder,
)

NAME = "ltx2_sound"
PREFIXES = ("audio_vae.", "autoencoder.", "")
VOCODER = "vocoder."
WINDOW = 1024
"""Samples that a step of the spectrogram looks at."""
SOFTEST = 1e-5
"""What is softer counts as so loud, so that the logarithm stays finite."""


@dataclass(frozen=True)
class Ltx2Sound:
    """The autoencoder of sound with its vocoder on their device; see `sound_autoencoding.SoundAutoencoder`.

    Latents are (batch, channels, steps, tones), normalised. What the vocoder makes is finer than what is encoded.

    Attributes:
        network: between spectrograms and latents.
        vocoder: from spectrograms to waveforms.
        device: where both are; they compute in float32, as sound needs it.
    """

    network: nn.Module
    vocoder: nn.Module
    device: torch.device
    sample_rate: int = RATE
    """Samples per second of what is encoded."""
    downscale: int = HOP * STEPS_OF_A_CELL
    """Samples of that for one step of a latent."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name."""
        return {"autoencoder": Part(self.network, {}), "vocoder": Part(self.vocoder, {})}

    @property
    def config(self) -> Mapping[str, Any]:
        """How the autoencoder is built."""
        return self.network.config  # type: ignore[return-value]  # a frozen dict of diffusers

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.config["latent_channels"])

    @property
    def channels(self) -> int:
        """Channels of the sound."""
        return int(self.config["in_channels"])

    @property
    def tones(self) -> int:
        """Tones of a latent."""
        return int(self.config["mel_bins"]) // STEPS_OF_A_CELL

    @property
    def output_rate(self) -> int:
        """Samples per second of what is decoded."""
        config: Any = self.vocoder.config
        return int(config["output_sampling_rate"])

    def steps(self, frames: int, frame_rate: float) -> int:
        """How many steps of a latent sound as long as so many frames of a video."""
        return math.ceil(frames / frame_rate * self.sample_rate / self.downscale)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the latents of waveforms (batch, channels, samples), `sample_rate` samples a second."""
        network: Any = self.network
        spectrogram = log_mel(pixels.to(self.device, torch.float32), int(self.config["mel_bins"]))
        mean, deviation = self._statistics()
        return ((network.encode(spectrogram).latent_dist.mode() - mean) / deviation).to(pixels.device)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Waveforms (batch, channels, samples) of latents, `output_rate` samples a second."""
        network: Any = self.network
        mean, deviation = self._statistics()
        spectrogram = network.decode(latents.to(self.device, torch.float32) * deviation + mean).sample
        waveform: Tensor = self.vocoder(spectrogram)
        return waveform.to(latents.device)

    def heard(self, audio: Audio) -> Tensor:
        """The latents of a sound of any rate.

        Raises:
            DiffusionError: it has more channels than the autoencoder hears.
        """
        waveform = resampled(audio["waveform"].float(), audio["sample_rate"], self.sample_rate)
        if waveform.shape[1] not in (1, self.channels):
            raise DiffusionError(
                f"The sound has {waveform.shape[1]} channels; LTX-2 hears {self.channels}, or one for all. Choose some "
                "with SplitAudioChannels."
            )
        return self.encode(waveform.expand(-1, self.channels, -1))

    def played(self, latents: Tensor) -> Audio:
        """The sound of latents.

        Raises:
            DiffusionError: they are of another kind.
        """
        if latents.dim() != 4 or latents.shape[1::2] != (self.latent_channels, self.tones):
            raise DiffusionError(
                f"The latent is {list(latents.shape)}; this autoencoder of sound wants (batch, {self.latent_channels}, "
                f"steps, {self.tones}). Give it the sound that LTXVSeparateAVLatent takes from a sampled latent."
            )
        return {"waveform": self.decode(latents), "sample_rate": self.output_rate}

    def _statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each channel and tone (channels, 1, tones)."""
        network: Any = self.network
        both = network.latents_mean, network.latents_std
        mean, deviation = (each.float().view(self.latent_channels, 1, self.tones) for each in both)
        return mean, deviation


def log_mel(waveform: Tensor, tones: int) -> Tensor:
    """The spectrogram of a sound in tones as the ear tells them apart: (batch, channels, steps, tones).

    Args:
        waveform: (batch, channels, samples), `RATE` samples a second.
        tones: how many.
    """
    missing = WINDOW // 2 + 1 - waveform.shape[-1]
    padded = torch.nn.functional.pad(waveform, (0, max(0, missing)))
    window = torch.hann_window(WINDOW, device=waveform.device)
    waves = torch.stft(padded.flatten(0, 1), WINDOW, HOP, window=window, center=True, return_complex=True).abs()
    filters = mel_filters(WINDOW // 2 + 1, tones, RATE).to(waves)  # (frequencies, tones)
    mel = waves.transpose(1, 2) @ filters
    return mel.clamp(min=SOFTEST).log().unflatten(0, waveform.shape[:2])


def find_sound(contents: Contents) -> tuple[View, View] | None:
    """The weights of the autoencoder of sound and of its vocoder; None if a file has not both."""
    if not isinstance(contents, SingleFile):
        return None
    prefix = next((prefix for prefix in PREFIXES if _is_sound(contents, prefix)), None)
    vocoder = contents.view(VOCODER)
    if prefix is None or not vocoder.shapes:
        return None
    return contents.view(prefix).without(VOCODER), vocoder


def _is_sound(file: SingleFile, prefix: str) -> bool:
    convolution = file.shapes.get(f"{prefix}encoder.conv_in.conv.weight", ())
    return len(convolution) == 4 and f"{prefix}{MEAN}" in file.shapes


def load_sound(autoencoder: View, vocoder: View, placement: Placement) -> Ltx2Sound:
    """Build both.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    exact = replace(placement, dtype=torch.float32)
    network = skeleton(lambda: new_ltx2_sound_autoencoder(sound_config(autoencoder.shapes)))
    names = sound_map(state_shapes(network))
    fill(network, gather(network, names, autoencoder.shapes, autoencoder.read), exact)
    return Ltx2Sound(network, _load_vocoder(vocoder, exact), placement.device)


def _load_vocoder(view: View, placement: Placement) -> nn.Module:
    build = new_ltx2_vocoder if "conv_pre.weight" in view.shapes else new_ltx2_fine_vocoder
    network: Any = skeleton(lambda: build(vocoder_config(view.shapes)))
    if hasattr(network, "resampler"):  # no file holds its filter
        network.resampler = type(network.resampler)(network.resampler.ratio, window_type="hann", persistent=False)
    names = vocoder_map(state_shapes(network))
    filled: nn.Module = fill(network, gather(network, names, view.shapes, view.read), placement)
    return filled


class Ltx2Sounds:
    """The family of such autoencoders, in files of their own or of the whole model; see `families.family.Family`."""

    name = NAME
    title = "the autoencoder of LTX-2's sound"

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights both have; empty if the file does not hold them."""
        found = find_sound(contents)
        return {"vae": sum(view.size for view in found)} if found is not None else {}

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is no diffusion model in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with LTXVAudioVAELoader.")

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with LTXVAudioVAELoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> Any:  # an autoencoder of sound, not of pictures
        """Build the autoencoder with its vocoder."""
        found = find_sound(contents)
        if found is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder of sound.")
        return load_sound(*found, placement)
