"""How far one set of pictures is from another: the Fréchet distance, nearest neighbours, likeness within a set."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.teaching.measures import ssim

MOST_PAIRS = 64
"""As many pairs of a set are compared at most, drawn at random."""


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """The Fréchet distance between normal distributions fitted to two sets of features (pictures, width).

    Heusel et al., 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", equation
    6. With few pictures it is too large: each set should have several times as many as features have numbers.

    Raises:
        DiffusionError: a set has fewer than two pictures.
    """
    _check(first, second)
    means = [each.mean(0) for each in (first, second)]
    one, other = (torch.atleast_2d(torch.cov(each.T)) for each in (first, second))
    root = _root(one)
    shared = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0).sqrt().sum()
    distance = (means[0] - means[1]).square().sum() + one.trace() + other.trace() - 2 * shared
    return max(0.0, float(distance))


@dataclass(frozen=True)
class Neighbours:
    """For each picture, the most alike of a reference set."""

    nearest: Sequence[int]
    """Its number in the reference set."""
    shares: Sequence[float]
    """How far it is, where 1 is as far as pictures of the reference set usually are from each other; 0 is a copy."""

    def copies(self, below: float) -> list[int]:
        """The pictures that are nearer than that."""
        return [number for number, share in enumerate(self.shares) if share < below]


def neighbours(pictures: Tensor, reference: Tensor, mirrored: Tensor | None = None) -> Neighbours:
    """The nearest of a reference set (pictures, width), and how near it is.

    The measure is what is usual among the reference: the median distance of one of them to its nearest other. So
    pictures of one kind that all look alike are no copies because of that.

    Args:
        pictures: features of what is judged.
        reference: features of what it may be a copy of.
        mirrored: features of the same reference pictures, left to right.

    Raises:
        DiffusionError: the reference has fewer than two pictures.
    """
    _check(reference, reference)
    among = torch.cdist(reference, reference)
    among.fill_diagonal_(float("inf"))
    usual = max(float(among.amin(1).median()), 1e-12)
    distances = torch.cdist(pictures, reference)
    if mirrored is not None:
        distances = torch.minimum(distances, torch.cdist(pictures, mirrored))
    nearest = distances.min(1)
    return Neighbours(nearest.indices.tolist(), (nearest.values / usual).tolist())


def likeness_within(images: Sequence[Tensor], seed: int = 0) -> float:
    """Mean SSIM of pairs of pictures (height, width, channels) of a set: near 1, the set repeats itself.

    Raises:
        DiffusionError: there are fewer than two pictures, or they differ in size.
    """
    if len({image.shape for image in images}) != 1 or len(images) < 2:
        raise DiffusionError("A set needs at least two pictures of one size to be compared with itself.")
    pairs = list(itertools.combinations(range(len(images)), 2))
    chosen = random.Random(seed).sample(pairs, min(MOST_PAIRS, len(pairs)))
    return sum(ssim(images[one].unsqueeze(0), images[other].unsqueeze(0)) for one, other in chosen) / len(chosen)


def _root(matrix: Tensor) -> Tensor:
    """The square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


def _check(first: Tensor, second: Tensor) -> None:
    if min(len(first), len(second)) < 2:
        raise DiffusionError("Both sets need at least two pictures.")
