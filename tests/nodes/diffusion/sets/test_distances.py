"""Distances of sets: what theory says of them."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.sets.distances import frechet_distance, likeness_within, neighbours
from nodes.diffusion.sets.features import Features, of_pixels


def normal(count: int, width: int = 4, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_set_is_no_distance_from_itself_and_the_order_of_pictures_does_not_matter() -> None:
    features = normal(50)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(features, features.flip(0)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("shift", [0.1, 0.5, 2.0])
def test_a_shift_is_as_far_as_its_square(shift: float) -> None:
    features = normal(50)
    assert frechet_distance(features, features + shift) == pytest.approx(4 * shift**2, rel=1e-6)


def test_another_spread_is_as_far_as_theory_says() -> None:
    features = normal(200, 3)
    spread = torch.cov(features.T).trace()
    assert frechet_distance(features, features.mean(0) + 3 * (features - features.mean(0))) == pytest.approx(
        float(4 * spread), rel=1e-6
    )
    other = normal(200, 3, seed=1)
    assert frechet_distance(features, other) == pytest.approx(frechet_distance(other, features), rel=1e-9)


def test_copies_are_nearer_than_pictures_of_the_same_kind() -> None:
    reference = normal(40, 16)
    made = torch.cat([normal(3, 16, seed=7), reference[5:6], reference[9:10] + 0.01])
    found = neighbours(made, reference)
    assert found.copies(0.4) == [3, 4]
    assert (found.nearest[3], found.nearest[4]) == (5, 9)
    assert found.shares[3] == pytest.approx(0, abs=1e-6)
    assert all(0.6 < share < 1.6 for share in found.shares[:3])


def test_mirrored_copies_are_found() -> None:
    images = [torch.rand(32, 32, 1, generator=torch.Generator().manual_seed(seed)) for seed in range(6)]
    flipped = [image.flip(1) for image in images]
    reference, mirrored = of_pixels(images).fine(), of_pixels(flipped).fine()
    made = of_pixels([flipped[2]]).fine()
    assert neighbours(made, reference).copies(0.4) == []
    assert neighbours(made, reference, mirrored).copies(0.4) == [0]


def test_a_set_that_repeats_itself_is_like_itself() -> None:
    images = [torch.rand(16, 16, 1, generator=torch.Generator().manual_seed(seed)) for seed in range(5)]
    assert likeness_within([images[0]] * 3) == pytest.approx(1)
    assert likeness_within(images) < 0.2
    with pytest.raises(DiffusionError, match="at least two"):
        likeness_within(images[:1])
    with pytest.raises(DiffusionError, match="at least two"):
        frechet_distance(normal(1), normal(5))


def test_features_are_few_for_statistics_and_many_to_tell_pictures_apart() -> None:
    maps = Features("test", torch.zeros(3, 4, 16, 8))
    assert (maps.coarse().shape, maps.fine().shape) == ((3, 4 * 4 * 4), (3, 4 * 16 * 8))
    assert Features("vectors", torch.zeros(3, 7)).coarse().shape == (3, 7)
