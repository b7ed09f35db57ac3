"""Weights change their precision bit for bit as torch changes it."""

import pytest
import torch

from nodes.diffusion.computing.casting import PIECE, cast

SHAPES = [(7,), (PIECE + 3,), (3, PIECE), (1025, 300), (130, 70, 3, 3), (2, PIECE // 2, 3, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_half_precision_becomes_bfloat16_as_torch_does_it(shape: tuple[int, ...]) -> None:
    weight = (torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 100).half()
    found = cast(weight, torch.bfloat16)
    assert torch.equal(found, weight.to(torch.bfloat16))
    assert found.is_contiguous()


def test_every_half_precision_number_survives_as_torch_has_it() -> None:
    every = torch.arange(-(2**15), 2**15, dtype=torch.int16).view(torch.float16).repeat(PIECE // 2**16 + 1)
    assert every.numel() >= PIECE
    wanted = every.to(torch.bfloat16)
    torch.testing.assert_close(cast(every, torch.bfloat16), wanted, rtol=0, atol=0, equal_nan=True)


def test_channels_go_last_where_they_are_wanted_last() -> None:
    weight = torch.randn(1800, 70, 3, 3).half()
    found = cast(weight, torch.bfloat16, torch.channels_last)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found, weight.to(torch.bfloat16))


@pytest.mark.parametrize(("before", "after"), [(torch.float32, torch.bfloat16), (torch.float16, torch.float32)])
def test_other_precisions_are_left_to_torch(before: torch.dtype, after: torch.dtype) -> None:
    weight = torch.randn(600, 600).to(before)
    assert torch.equal(cast(weight, after), weight.to(after))


def test_a_weight_that_has_the_precision_already_is_not_copied() -> None:
    weight = torch.randn(600, 600).half()
    assert cast(weight, torch.float16).data_ptr() == weight.data_ptr()
