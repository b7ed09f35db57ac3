"""Few colours, well chosen; dithering keeps the average."""

import pytest
import torch

from nodes.diffusion.pictures.quantising import Dither, bayer, quantise


def ramp() -> torch.Tensor:
    return torch.linspace(0, 1, 64).reshape(1, 1, 64, 1).expand(2, 64, 64, 3)


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16"])
def test_no_more_colours_than_asked_and_about_the_same_brightness(dither: Dither) -> None:
    few = quantise(ramp(), 4, dither)
    assert few.shape == ramp().shape
    assert len(few[0].reshape(-1, 3).unique(dim=0)) <= 4
    assert few.mean() == pytest.approx(0.5, abs=0.06)


def test_dithering_suggests_colours_between() -> None:
    plain, dithered = quantise(ramp(), 2, "none"), quantise(ramp(), 2, "floyd-steinberg")

    def error(image: torch.Tensor) -> float:
        averaged = torch.nn.functional.avg_pool2d((image - ramp()).movedim(-1, 1), 8)
        return float(averaged.abs().mean())

    assert error(dithered) < error(plain) / 1.5


def test_bayer_patterns_hold_every_threshold_once() -> None:
    assert bayer(2).tolist() == [[0, 0.5], [0.75, 0.25]]
    assert sorted(bayer(8).flatten() * 64) == list(range(64))
