"""The equaliser: what each band does to tones."""

import math

import pytest
import torch

from nodes.diffusion.equalising import Band, Shape, coefficients, equalised, filtered

RATE = 16000
TONES = (20, 1000, 7900)


def loudness(band: Band, frequency: int) -> float:
    """How much louder a soft tone is afterwards, in decibels."""
    tone = 0.01 * torch.sin(2 * math.pi * frequency * torch.arange(RATE) / RATE)[None, None]
    found = equalised({"waveform": tone, "sample_rate": RATE}, band)["waveform"]
    return 20 * math.log10(float(found[..., RATE // 2 :].std() / tone[..., RATE // 2 :].std()))


@pytest.mark.parametrize("decibels", [12.0, -12.0])
@pytest.mark.parametrize(
    ("shape", "frequency", "share"),
    [("low", 150, (1, 0, 0)), ("middle", 1000, (0, 1, 0)), ("high", 4000, (0, 0, 1))],
)
def test_a_band_changes_its_own_tones(shape: Shape, frequency: int, share: tuple[int, ...], decibels: float) -> None:
    found = [loudness(Band(shape, frequency, decibels), tone) for tone in TONES]
    assert found == pytest.approx([decibels * each for each in share], abs=0.7)


def test_shelves_have_half_of_it_at_their_frequency() -> None:
    assert loudness(Band("low", 1000, 12.0), 1000) == pytest.approx(6.0, abs=0.1)
    assert loudness(Band("high", 1000, -12.0), 1000) == pytest.approx(-6.0, abs=0.1)


def test_nothing_is_changed_by_no_decibels_and_too_loud_is_cut_off() -> None:
    audio = {"waveform": torch.rand(1, 2, 100) * 2 - 1, "sample_rate": RATE}
    assert equalised(audio, Band("low", 100, 0.0))["waveform"] is audio["waveform"]
    loud = equalised(audio, Band("low", 5000, 24.0))["waveform"]
    assert float(loud.abs().max()) == 1.0
    assert loud.dtype == torch.float32


def test_a_filter_is_the_difference_equation_that_it_says() -> None:
    waveform = torch.rand(400, dtype=torch.float64) - 0.5
    ahead, back = coefficients(Band("middle", 2000, 6.0, 2.0), RATE)
    found, told = filtered(waveform, ahead, back, silence=RATE), [0.0, 0.0]
    padded = [0.0, 0.0, *waveform.tolist()]
    for at in range(2, len(padded)):
        heard = sum(factor * padded[at - by] for by, factor in enumerate(ahead))
        told.append((heard - back[1] * told[at - 1] - back[2] * told[at - 2]) / back[0])
    torch.testing.assert_close(found, torch.tensor(told[2:], dtype=torch.float64))
