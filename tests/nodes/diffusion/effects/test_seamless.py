"""Seamless networks: rolling what goes in rolls what comes out, so that there is no edge."""

import pytest
import torch
from torch import nn

from nodes.diffusion.effects.base import with_effect
from nodes.diffusion.effects.seamless import wrapping
from tests.nodes.diffusion.effects import runs

X = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(1))


def network(stride: int = 1) -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(2, 3, 3, stride=stride, padding=1), nn.SiLU(), nn.Conv2d(3, 2, 5, padding=2)).eval()


@torch.no_grad()
def test_a_wrapped_network_commutes_with_rolling_and_a_plain_one_does_not() -> None:
    net = network()
    rolled = net(X.roll((3, 2), (2, 3)))
    assert not torch.allclose(rolled, net(X).roll((3, 2), (2, 3)), atol=1e-3)
    with wrapping(net, "both"):
        found, expected = net(X.roll((3, 2), (2, 3))), net(X).roll((3, 2), (2, 3))
    assert torch.allclose(found, expected, atol=1e-5)
    assert torch.equal(net(X.roll((3, 2), (2, 3))), rolled)  # as it was before


@torch.no_grad()
def test_convolutions_with_strides_keep_their_size_and_wrap_too() -> None:
    net = network(stride=2)
    with wrapping(net, "both"):
        found, expected = net(X.roll((4, 2), (2, 3))), net(X).roll((2, 1), (2, 3))
    assert found.shape == (1, 2, 4, 4)
    assert torch.allclose(found, expected, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("axes", "dim", "other"), [("across", 3, 2), ("down", 2, 3)])
def test_one_axis_wraps_alone(axes: str, dim: int, other: int) -> None:
    net = network()
    with wrapping(net, axes):  # type: ignore[arg-type]  # one of the names
        plain = net(X)
        assert torch.allclose(net(X.roll(3, dim)), plain.roll(3, dim), atol=1e-5)
        assert not torch.allclose(net(X.roll(3, other)), plain.roll(3, other), atol=1e-3)


@torch.no_grad()
def test_circular_padding_of_torch_is_the_oracle() -> None:
    conv = nn.Conv2d(2, 3, 3, padding=1)
    circular = nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular")
    circular.load_state_dict(conv.state_dict())
    with wrapping(conv, "both"):
        assert torch.allclose(conv(X), circular(X), atol=1e-6)


@torch.no_grad()
def test_pictures_smaller_than_the_kernel_go_round() -> None:
    net = network()
    with wrapping(net, "both"):
        assert net(X[..., :1, :1]).shape == (1, 2, 1, 1)


def test_a_whole_run_is_changed_by_it_and_by_nothing_else_afterwards(registry, handle) -> None:
    plain = runs.run(registry, handle)
    seamless = runs.run(registry, with_effect(handle, "seamless", axes="both"))
    assert not torch.allclose(plain, seamless, atol=1e-3)
    assert torch.equal(runs.run(registry, handle), plain)
