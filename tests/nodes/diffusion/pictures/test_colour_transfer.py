"""Colours move from one picture to another."""

import pytest
import torch

from nodes.diffusion.pictures.colour_spaces import to_lab
from nodes.diffusion.pictures.colour_transfer import Method, transfer


def picture(seed: int, low: float, high: float) -> torch.Tensor:
    tint = torch.tensor([1.0, 0.8, 0.6]) if seed else torch.ones(3)
    noise = torch.rand(2, 24, 24, 3, generator=torch.Generator().manual_seed(seed))
    return (low + (high - low) * noise) * tint


METHODS = ["reinhard_lab", "mkl_lab", "histogram"]


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_takes_the_mean_and_the_spread_of_the_reference(method: Method) -> None:
    target, reference = picture(0, 0.1, 0.4), picture(1, 0.4, 0.8)
    changed = to_lab(transfer(target, reference, method, None, 1.0)[0].reshape(-1, 3))
    wanted = to_lab(reference.reshape(-1, 3))
    assert torch.allclose(changed.mean(dim=0), wanted.mean(dim=0), atol=1.5)
    assert torch.allclose(changed.std(dim=0), wanted.std(dim=0), rtol=0.15)


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_with_its_own_colours_stays_as_it_is_and_so_does_one_at_strength_zero(method: Method) -> None:
    target = picture(0, 0.2, 0.7)
    assert (transfer(target, target, method, target, 1.0) - target).abs().mean() < 1e-3
    assert torch.equal(transfer(target, picture(1, 0.0, 1.0), method, None, 0.0), target)


def test_colours_of_a_batch_change_alike_with_common_statistics() -> None:
    target = torch.cat([picture(0, 0.1, 0.2)[:1], picture(0, 0.5, 0.6)[:1]])
    reference = picture(1, 0.2, 0.9)
    single = transfer(target, reference, "reinhard_lab", None, 1.0)
    common = transfer(target, reference, "reinhard_lab", target, 1.0)
    assert abs(float(single[0].mean() - single[1].mean())) < 0.02
    assert float(common[1].mean() - common[0].mean()) > 0.2


def test_alpha_stays() -> None:
    target = torch.cat([picture(0, 0.1, 0.4), torch.full((2, 24, 24, 1), 0.3)], dim=-1)
    assert transfer(target, picture(1, 0.2, 0.9), "histogram", None, 1.0)[..., 3].unique().tolist() == [
        pytest.approx(0.3)
    ]
