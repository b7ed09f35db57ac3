"""Sound to latents and back."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.diffusion import autoencoding
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.sound_autoencoding import decode_sound, decode_sound_tiled, encode_sound

CPU = torch.device("cpu")


@dataclass
class Averaging:
    """Stands for an autoencoder of stereo sound: a cell is the mean of four samples."""

    downscale: int = 4
    latent_channels: int = 2
    sample_rate: int = 8
    channels: int = 2
    device: torch.device = CPU

    def encode(self, pixels: Tensor) -> Tensor:
        return pixels.unflatten(-1, (-1, 4)).mean(-1)

    def decode(self, latents: Tensor) -> Tensor:
        return latents.repeat_interleave(4, -1)

    def bytes_per_pixel(self) -> int:
        return 1


def sound(count: int, channels: int = 2, rate: int = 8) -> Any:
    return {"waveform": torch.arange(count).float().expand(1, channels, -1), "sample_rate": rate}


def test_sound_is_cut_to_whole_cells_as_much_at_either_end() -> None:
    assert encode_sound(Averaging(), sound(10))[0].tolist() == [[2.5, 6.5]] * 2
    assert encode_sound(Averaging(), sound(11))[0].tolist() == [[2.5, 6.5]] * 2
    assert encode_sound(Averaging(), sound(8, channels=1)).shape == (1, 2, 2)
    assert encode_sound(Averaging(), sound(8, rate=4)).shape == (1, 2, 4)


def test_a_latent_becomes_sound_and_far_too_loud_sound_softer() -> None:
    soft = decode_sound(Averaging(), torch.full((1, 2, 3), 0.5))
    assert soft["sample_rate"] == 8
    assert soft["waveform"].tolist() == [[[0.5] * 12] * 2]
    loud = decode_sound(Averaging(), torch.tensor([[[-9.0, 9.0], [-9.0, 9.0]]]))["waveform"]
    assert float(loud.std()) == pytest.approx(0.2)


@pytest.mark.parametrize(("size", "overlap"), [(4, 2), (4, 3), (6, 0), (32, 8), (11, 4)])
def test_pieces_give_the_same_sound(size: int, overlap: int) -> None:
    latents = torch.rand(2, 2, 11)
    whole = decode_sound(Averaging(), latents)["waveform"]
    torch.testing.assert_close(decode_sound_tiled(Averaging(), latents, size, overlap)["waveform"], whole)


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(DiffusionError, match="too short to be encoded; it takes at least"):
        encode_sound(Averaging(), sound(3))
    with pytest.raises(DiffusionError, match="6 channels, the autoencoder reads 2 or 1"):
        encode_sound(Averaging(), sound(8, channels=6))
    for latent in (torch.zeros(1, 4, 8, 8), torch.zeros(1, 3, 8)):
        with pytest.raises(DiffusionError, match="wants sound with 2 channels"):
            decode_sound(Averaging(), latent)
    with pytest.raises(DiffusionError, match="one of pictures"):
        decode_sound(object(), torch.zeros(1, 2, 8))
    with pytest.raises(DiffusionError, match="use VAEEncodeAudio and VAEDecodeAudio"):
        autoencoding.decode(Averaging(), torch.zeros(1, 2, 8, 8))
    with pytest.raises(DiffusionError, match="use VAEEncodeAudio and VAEDecodeAudio"):
        autoencoding.encode(Averaging(), torch.zeros(1, 8, 8, 3))
