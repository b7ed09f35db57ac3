"""An equaliser: low, middle and high tones made louder or softer (Bristow-Johnson, "Audio EQ Cookbook")."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.files.media import Audio

Shape = Literal["low", "middle", "high"]
"""Of a band: everything below a frequency, what is around it, or everything above it."""
SHELF = 1 / sqrt(2)
"""The quality of shelves at which they are steepest without an overshoot."""


@dataclass(frozen=True)
class Band:
    """One band.

    Attributes:
        shape: which tones.
        frequency: in hertz.
        decibels: how much louder, or softer by negative numbers.
        quality: how narrow: the frequency over the width of the band.
    """

    shape: Shape
    frequency: float
    decibels: float
    quality: float = SHELF


def equalised(audio: Audio, *bands: Band) -> Audio:
    """A sound with some tones louder or softer; what would be too loud is cut off after each band."""
    waveform, rate = audio["waveform"], audio["sample_rate"]
    for band in bands:
        if band.decibels and waveform.shape[-1]:
            waveform = filtered(waveform, *coefficients(band, rate), silence=rate).clamp(-1.0, 1.0)
    return {"waveform": waveform, "sample_rate": rate}


def filtered(waveform: Tensor, ahead: Sequence[float], back: Sequence[float], silence: int) -> Tensor:
    """A waveform (…, samples) through a recursive filter, by way of its spectrum.

    Args:
        waveform: what is filtered.
        ahead: what the last samples count.
        back: what the last results count.
        silence: how many samples of silence follow, for what rings on; it would be heard at the beginning otherwise.
    """
    length = waveform.shape[-1] + silence
    delay = torch.exp(-2j * pi * torch.arange(length // 2 + 1, dtype=torch.float64) / length)
    response = _polynomial(ahead, delay) / _polynomial(back, delay)
    found = torch.fft.irfft(torch.fft.rfft(waveform.double(), n=length) * response, n=length)
    return found[..., : waveform.shape[-1]].to(waveform.dtype)


def coefficients(band: Band, sample_rate: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What the last three samples count, and the last three results, in the difference equation of a band."""
    angle = 2 * pi * min(band.frequency / sample_rate, 0.5)
    amplitude, width, turn = 10 ** (band.decibels / 40), sin(angle) / (2 * band.quality), cos(angle)
    if band.shape == "middle":
        ahead = (1 + width * amplitude, -2 * turn, 1 - width * amplitude)
        return ahead, (1 + width / amplitude, -2 * turn, 1 - width / amplitude)
    side = -1 if band.shape == "low" else 1  # a high shelf is a low one with the frequencies turned round
    more, less, slope = amplitude + 1, amplitude - 1, 2 * sqrt(amplitude) * width
    ahead = (
        more + side * less * turn + slope,
        -side * 2 * (less + side * more * turn),
        more + side * less * turn - slope,
    )
    back = (
        more - side * less * turn + slope,
        side * 2 * (less - side * more * turn),
        more - side * less * turn - slope,
    )
    return tuple(amplitude * each for each in ahead), back


def _polynomial(factors: Sequence[float], delay: Tensor) -> Tensor:
    """The factors times the powers of a delay by one sample, summed up."""
    return sum((factor * delay**power for power, factor in enumerate(factors)), torch.zeros_like(delay))
