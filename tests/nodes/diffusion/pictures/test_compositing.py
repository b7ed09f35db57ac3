"""Pasting by masks, and the algebra of Porter and Duff."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion.pictures import compositing
from nodes.diffusion.pictures.compositing import Layer, Mode


def grey(value: float, size: int = 4, batch: int = 1, channels: int = 3) -> Tensor:
    return torch.full((batch, size, size, channels), value)


def test_a_picture_is_pasted_where_the_mask_says() -> None:
    mask = torch.tensor([[0.0, 1.0], [0.5, 0.0]]).unsqueeze(0)
    pasted = compositing.paste_image(grey(0.0), grey(1.0, 2), 1, 2, mask, False)
    assert pasted[0, 2:, 1:3, 0].tolist() == [[0, 1], [0.5, 0]]
    assert pasted.sum() == 1.5 * 3


def test_what_sticks_out_is_left_away_and_the_destination_stays_as_it_was() -> None:
    destination = grey(0.0)
    assert compositing.paste_image(destination, grey(1.0), 3, 3, None, False).sum() == 3
    assert compositing.paste_image(destination, grey(1.0), 9, 9, None, False).sum() == 0
    assert destination.sum() == 0


def test_the_source_repeats_stretches_and_follows_the_channels_of_the_destination() -> None:
    pasted = compositing.paste_image(grey(0.0, batch=3, channels=4), grey(1.0, 2), 0, 0, None, True)
    assert torch.equal(pasted, grey(1.0, batch=3, channels=4))
    assert compositing.paste_image(grey(0.0), grey(1.0, channels=4), 0, 0, None, False).shape == (1, 4, 4, 3)


def layer(value: float, alpha: float) -> Layer:
    return Layer(grey(value), torch.full((1, 4, 4), 1 - alpha))


@pytest.mark.parametrize(
    ("mode", "colour", "alpha"),
    [
        ("ADD", 0.5, 1.0),  # 0.8 * 0.5 + 0.2 * 0.5
        ("CLEAR", 0.0, 0.0),
        ("DARKEN", (0.2 + 0.05 + 0.1) / 0.75, 0.75),
        ("DST", 0.2, 0.5),
        ("DST_ATOP", 0.5, 0.5),
        ("DST_IN", 0.2, 0.25),
        ("DST_OUT", 0.2, 0.25),
        ("DST_OVER", (0.1 + 0.2) / 0.75, 0.75),
        ("LIGHTEN", (0.2 + 0.05 + 0.4) / 0.75, 0.75),
        ("MULTIPLY", 0.16, 0.25),
        ("OVERLAY", 0.08 / 0.75, 0.75),
        ("SCREEN", 0.46 / 0.75, 0.75),
        ("SRC", 0.8, 0.5),
        ("SRC_ATOP", 0.5, 0.5),
        ("SRC_IN", 0.8, 0.25),
        ("SRC_OUT", 0.8, 0.25),
        ("SRC_OVER", 0.45 / 0.75, 0.75),
        ("XOR", 0.5, 0.5),
    ],
)
def test_each_rule_gives_its_colour_and_its_opacity(mode: Mode, colour: float, alpha: float) -> None:
    result = compositing.porter_duff(layer(0.8, 0.5), layer(0.2, 0.5), mode)
    assert torch.allclose(result.image, grey(colour), atol=1e-5)
    assert torch.allclose(result.mask, torch.full((1, 4, 4), 1 - alpha), atol=1e-5)


@pytest.mark.parametrize("mode", ["SRC_OVER", "SCREEN", "DST_ATOP", "ADD", "LIGHTEN"])
def test_layers_of_other_sizes_and_numbers_take_those_of_the_source(mode: Mode) -> None:
    small = Layer(grey(0.2, 2, batch=3), torch.zeros(1, 64, 64))
    result = compositing.porter_duff(layer(0.8, 1.0), small, mode)
    assert result.image.shape == (3, 4, 4, 3)
    assert result.mask.shape == (3, 4, 4)


def test_alpha_joins_and_separates() -> None:
    mask = torch.rand(2, 4, 4, generator=torch.Generator().manual_seed(0))
    joined = compositing.with_alpha(grey(0.3), mask)
    assert joined.shape == (2, 4, 4, 4)
    colours, found = compositing.without_alpha(joined)
    assert torch.equal(colours, grey(0.3, batch=2))
    assert torch.allclose(found, mask)
    assert compositing.without_alpha(grey(0.3)).mask.sum() == 0
    assert compositing.with_alpha(grey(0.3), torch.ones(1, 64, 64))[..., 3].sum() == 0
