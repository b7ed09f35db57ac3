"""Weights in few bits: what keeps them so, and that everything else sees their numbers."""

import pytest
import torch
from torch import nn

from nodes.diffusion.gguf.blocks import KINDS, dequantised
from nodes.diffusion.gguf.tensors import QuantisedTensor, Stored
from tests.nodes.diffusion.gguf import files


@pytest.fixture
def weight() -> QuantisedTensor:
    return QuantisedTensor(Stored(KINDS[12], torch.from_numpy(files.blocks(files.Type.Q4_K, 8, 256))), torch.float32)


@pytest.fixture
def numbers(weight) -> torch.Tensor:
    return dequantised(weight.stored.kind, weight.stored.raw)


@pytest.mark.parametrize("guard", [torch.no_grad, torch.inference_mode])
def test_a_layer_computes_with_its_numbers_and_keeps_its_bits(weight, numbers, guard) -> None:
    layer = nn.Linear(256, 8)
    layer.load_state_dict({"weight": weight, "bias": torch.ones(8)}, assign=True)
    layer.requires_grad_(False)
    x = torch.randn(3, 256)
    with guard():
        torch.testing.assert_close(layer(x), nn.functional.linear(x, numbers, torch.ones(8)))
    assert isinstance(layer.weight, QuantisedTensor)
    assert layer.weight.nbytes == 8 * 144 < numbers.nbytes


def test_rows_and_moves_keep_its_bits(weight, numbers) -> None:
    for kept in (
        weight.narrow(0, 2, 3),
        weight[2:5],
        weight.detach(),
        weight.to("cpu"),
        weight.view(8, 256),
        weight.data,
    ):
        assert isinstance(kept, QuantisedTensor)
    assert torch.equal(weight.narrow(0, 2, 3).dense(), numbers[2:5])
    assert weight.to(torch.bfloat16).dtype == torch.bfloat16
    assert torch.equal(weight.to(torch.float64), numbers.double())
    assert weight.placed(torch.device("meta"), torch.bfloat16).is_meta


def test_anything_else_sees_its_numbers(weight, numbers) -> None:
    for found, wanted in (
        (weight.t(), numbers.t()),
        (weight + 1, numbers + 1),
        (weight[:, :3], numbers[:, :3]),
        (weight.reshape(16, 128), numbers.reshape(16, 128)),
        (torch.cat([weight, weight]), torch.cat([numbers, numbers])),
        (torch.empty(8, 256).copy_(weight), numbers),
    ):
        assert not isinstance(found, QuantisedTensor)
        assert torch.equal(found, wanted)


def test_what_it_wears_comes_off_without_a_trace(weight, numbers) -> None:
    before, other = weight.data, torch.randn(8, 256)
    weight.data = other
    assert torch.equal(weight + 0, other)
    assert torch.equal(before + 0, numbers)
    weight.data = before
    assert torch.equal(weight + 0, numbers)
    weight.copy_(other)
    assert torch.equal(weight + 0, other)
    weight.copy_(before)
    assert torch.equal(weight + 0, numbers)


def test_it_is_copied_elsewhere_in_its_few_bits(weight, numbers) -> None:
    copy = torch.empty_like(weight).copy_(weight)
    assert isinstance(copy, QuantisedTensor)
    assert copy.stored.raw.data_ptr() != weight.stored.raw.data_ptr()
    assert torch.equal(copy + 0, numbers)
