"""Small pictures are convolved by a matrix product, with the same result."""

import pytest
import torch
from torch import nn

from nodes.diffusion.computing.convolution import FEW, MANY_WEIGHTS, SmallConv2d, multiply_small

WIDE = 384
"""Channels of a convolution that is large enough."""


def conv(**options: object) -> nn.Conv2d:
    settings = {"kernel_size": 3, "padding": 1} | options
    return nn.Conv2d(WIDE, WIDE, **settings)  # type: ignore[arg-type]  # whatever a test gives


@pytest.mark.parametrize(("batch", "height", "width"), [(1, 1, 1), (2, 4, 4), (2, 8, 8), (1, 3, 9), (2, 9, 8)])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_the_result_is_that_of_the_convolution(batch: int, height: int, width: int, order: torch.memory_format) -> None:
    torch.manual_seed(0)
    plain = conv()
    picture = torch.randn(batch, WIDE, height, width).contiguous(memory_format=order)
    with torch.no_grad():
        wanted = plain(picture)
        multiply_small(nn.Sequential(plain))
        found = plain(picture)
    assert type(plain) is SmallConv2d
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_patched_weights_are_used_at_once() -> None:
    patched = conv(bias=False)
    multiply_small(nn.Sequential(patched))
    with torch.no_grad():
        patched.weight.zero_()
        assert not patched(torch.ones(1, WIDE, 2, 2)).any()


def test_only_large_plain_convolutions_are_changed() -> None:
    others = [
        conv(stride=2),
        conv(padding=0),
        conv(dilation=2, padding=2),
        conv(groups=2),
        conv(padding_mode="circular"),
        nn.Conv2d(WIDE, WIDE, 1),
        nn.Conv2d(16, 16, 3, padding=1),
    ]
    multiply_small(nn.Sequential(*others))
    assert all(type(each) is nn.Conv2d for each in others)
    assert others[0].weight.numel() >= MANY_WEIGHTS


def test_large_pictures_are_convolved(monkeypatch: pytest.MonkeyPatch) -> None:
    large = conv()
    multiply_small(nn.Sequential(large))
    calls: list[int] = []
    monkeypatch.setattr(nn.functional, "linear", lambda *given: calls.append(1))
    large(torch.zeros(1, WIDE, FEW + 1, 1))
    assert not calls
