"""From sound to latents and back, whole or in pieces."""

from typing import Protocol, TypeGuard

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError, OutOfMemory
from nodes.diffusion.files.media import Audio
from nodes.diffusion.memory.shortage import attempt
from nodes.diffusion.sounds import resampled
from nodes.diffusion.types import Autoencoder

SIZE, OVERLAP = 512, 64
"""Cells of a piece, and how far pieces overlap, where memory is short."""
LOUD = 5.0
"""Deviations of its samples from which on a sound counts as too loud and is made softer; the ecosystem's figure."""


class SoundAutoencoder(Protocol):
    """An autoencoder of sound on its device."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        ...

    @property
    def downscale(self) -> int:
        """Samples for one cell of a latent."""
        ...

    @property
    def sample_rate(self) -> int:
        """Samples per second."""
        ...

    @property
    def channels(self) -> int:
        """Channels of the sound."""
        ...

    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (batch, latent channels, cells) of waveforms (batch, channels, samples)."""
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Waveforms of latents; the inverse of `encode`."""
        ...


def is_of_sound(autoencoder: object) -> TypeGuard[SoundAutoencoder]:
    """Whether an autoencoder turns sound into latents, not pictures."""
    return hasattr(autoencoder, "sample_rate")


def encode_sound(autoencoder: Autoencoder, audio: Audio) -> Tensor:
    """Latents of sound, in the rate and with the channels that the autoencoder wants; cut to whole cells.

    Raises:
        DiffusionError: the autoencoder is one of pictures, or the sound is too short or has other channels.
    """
    found = _of_sound(autoencoder)
    waveform = resampled(audio["waveform"].float(), audio["sample_rate"], found.sample_rate)
    if waveform.shape[1] == 1:
        waveform = waveform.expand(-1, found.channels, -1)
    if waveform.shape[1] != found.channels:
        raise DiffusionError(
            f"The sound has {waveform.shape[1]} channels, the autoencoder reads {found.channels} or 1."
        )
    extra = waveform.shape[-1] % found.downscale
    if waveform.shape[-1] == extra:
        seconds = found.downscale / found.sample_rate
        raise DiffusionError(f"The sound is too short to be encoded; it takes at least {seconds:.2f} seconds.")
    return found.encode(waveform[..., extra // 2 : waveform.shape[-1] - (extra - extra // 2)])


def decode_sound(autoencoder: Autoencoder, latents: Tensor) -> Audio:
    """The sound of latents (batch, channels, cells); in pieces where it does not fit into memory.

    Raises:
        DiffusionError: the latents are of another kind, or the autoencoder is one of pictures.
        OutOfMemory: not even a piece fits.
    """
    found = _checked(autoencoder, latents)
    waveform = attempt(lambda: found.decode(latents))
    if waveform is None:
        waveform = attempt(lambda: _by_pieces(found, latents, SIZE, OVERLAP))
    if waveform is None:
        raise OutOfMemory("Not even a piece of the sound fits into memory. Decode it in smaller pieces, with tiles.")
    return _softened(waveform, found.sample_rate)


def decode_sound_tiled(autoencoder: Autoencoder, latents: Tensor, size: int, overlap: int) -> Audio:
    """As `decode_sound`, piece by piece: takes less memory, and differs a little where pieces meet.

    Args:
        autoencoder: of the model.
        latents: (batch, channels, cells)
        size: cells of a piece.
        overlap: how far pieces overlap, in cells; at most half of a piece counts.

    Raises:
        DiffusionError: as `decode_sound`.
    """
    found = _checked(autoencoder, latents)
    return _softened(_by_pieces(found, latents, size, min(overlap, size // 2)), found.sample_rate)


def _of_sound(autoencoder: Autoencoder) -> SoundAutoencoder:
    if not is_of_sound(autoencoder):
        raise DiffusionError("The autoencoder is one of pictures. Take that of a model of sound, such as Stable Audio.")
    return autoencoder


def _checked(autoencoder: Autoencoder, latents: Tensor) -> SoundAutoencoder:
    found = _of_sound(autoencoder)
    if latents.dim() != 3 or latents.shape[1] != found.latent_channels:
        raise DiffusionError(
            f"The latent is {list(latents.shape)}; the autoencoder wants sound with {found.latent_channels} channels: "
            "(batch, channels, cells), as EmptyLatentAudio makes."
        )
    return found


def _by_pieces(autoencoder: SoundAutoencoder, latents: Tensor, size: int, overlap: int) -> Tensor:
    """Decode pieces and fade each into the next."""
    length, cell = latents.shape[-1], autoencoder.downscale
    starts = [*range(0, max(length - overlap, 1), size - overlap)]
    total = weight = torch.zeros(())
    for start in starts:
        piece = autoencoder.decode(latents[..., start : start + size])
        if total.dim() == 0:
            total = piece.new_zeros(*piece.shape[:2], length * cell)
            weight = torch.zeros_like(total[:1, :1])
        share = _fade(piece.shape[-1], overlap * cell, start > 0, start + size < length).to(piece)
        place = slice(start * cell, start * cell + piece.shape[-1])
        total[..., place] += piece * share
        weight[..., place] += share
    return total / weight


def _fade(length: int, overlap: int, first: bool, last: bool) -> Tensor:
    """How much each sample of a piece counts: less towards the ends that it shares with others."""
    at, share = torch.arange(length), torch.ones(length)
    if first and overlap:
        share = torch.minimum(share, (at + 1) / (overlap + 1))
    if last and overlap:
        share = torch.minimum(share, (length - at) / (overlap + 1))
    return share


def _softened(waveform: Tensor, rate: int) -> Audio:
    """Sound that is far too loud, made softer: the deviation of its samples becomes a fifth."""
    deviation = waveform.std(dim=(1, 2), keepdim=True) * LOUD
    return {"waveform": waveform / deviation.clamp(min=1.0), "sample_rate": rate}
