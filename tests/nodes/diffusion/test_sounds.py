"""Operations on sound."""

import math
from typing import Any

import pytest
import torch

from nodes.diffusion import sounds
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.sounds import resampled


def sound(*levels: float, rate: int = 4, channels: int = 1) -> Any:
    return {"waveform": torch.tensor(levels).expand(1, channels, -1), "sample_rate": rate}


def levels(audio: Any) -> list[list[float]]:
    """The samples of each channel of the first sound."""
    return audio["waveform"][0].tolist()


def tone(rate: int, frequency: float, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * math.pi * frequency * torch.arange(round(rate * seconds)) / rate).expand(1, 2, -1)


@pytest.mark.parametrize(
    ("rate", "wanted"), [(44100, 48000), (48000, 44100), (16000, 48000), (48000, 16000), (44100, 44099)]
)
def test_a_tone_stays_a_tone_in_another_rate(rate: int, wanted: int) -> None:
    found, told = resampled(tone(rate, 440), rate, wanted), tone(wanted, 440)
    assert found.shape == told.shape
    assert float((found - told)[..., 200:-200].abs().max()) < 2e-3


def test_what_a_lower_rate_cannot_hold_is_taken_away() -> None:
    assert float(resampled(tone(48000, 11000), 48000, 16000)[..., 200:-200].abs().max()) < 0.02
    assert resampled(torch.zeros(1, 1, 7), 3, 2).shape[-1] == 5
    assert resampled(torch.zeros(1, 1, 0), 3, 2).shape[-1] == 0
    waveform = torch.rand(1, 1, 7)
    assert resampled(waveform, 8000, 8000) is waveform


@pytest.mark.parametrize(
    ("start", "duration", "left"),
    [(0, 60, [0, 1, 2, 3, 4]), (0.5, 0.5, [2, 3]), (-0.5, 9, [3, 4]), (-9, 0.25, [0]), (9, 1, [4])],
)
def test_a_part_of_a_sound_is_told_in_seconds(start: float, duration: float, left: list[float]) -> None:
    assert levels(sounds.trimmed(sound(0, 1, 2, 3, 4), start, duration)) == [left]


def test_nothing_of_a_sound_is_refused() -> None:
    with pytest.raises(DiffusionError, match="Nothing is left of the sound"):
        sounds.trimmed(sound(0, 1, 2, 3, 4), 0, 0)


def test_one_sound_follows_another_in_stereo_and_in_the_higher_rate() -> None:
    assert levels(sounds.joined(sound(1, 2), sound(3), "after")) == [[1, 2, 3]] * 2
    assert levels(sounds.joined(sound(1, 2), sound(3, channels=2), "before")) == [[3, 1, 2]] * 2
    both = sounds.joined(sound(1, 2, rate=8), sound(3, 3, rate=4), "after")
    assert both["sample_rate"] == 8
    assert both["waveform"].shape == (1, 2, 6)


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("add", [0.75, 0.5]),
        ("mean", [0.375, 0.25]),
        ("subtract", [0.25, 0.5]),
        ("multiply", [0.125, 0]),
    ],
)
def test_sounds_are_mixed_as_long_as_the_first(how: Any, wanted: list[float]) -> None:
    assert levels(sounds.mixed(sound(0.5, 0.5), sound(0.25), how)) == [wanted]
    assert levels(sounds.mixed(sound(0.5), sound(0.25, 1), how)) == [wanted[:1]]


def test_what_would_be_too_loud_is_made_softer() -> None:
    assert levels(sounds.mixed(sound(1, 0.5), sound(1, 0), "add")) == [[1, 0.25]]
    assert sounds.mixed(sounds.silence(0, 8, 1), sound(1), "add")["waveform"].shape == (1, 1, 0)


def test_twenty_decibels_are_ten_times_the_amplitude() -> None:
    assert levels(sounds.louder(sound(0.05), 20)) == [[pytest.approx(0.5)]]
    assert levels(sounds.louder(sound(0.5), 0)) == [[0.5]]


def test_channels_come_apart_and_together() -> None:
    both = sounds.stereo(sound(1, 2, 3), sound(4, 5))
    assert levels(both) == [[1, 2], [4, 5]]
    left, right = sounds.channels_of(both)
    assert (levels(left), levels(right)) == ([[1, 2]], [[4, 5]])
    with pytest.raises(DiffusionError, match="1 channel"):
        sounds.channels_of(left)
    with pytest.raises(DiffusionError, match="on the right has 2 channels"):
        sounds.stereo(left, both)
