"""Giving pictures the colours of another picture."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.pictures.colour_spaces import from_lab, to_lab

Method = Literal["reinhard_lab", "mkl_lab", "histogram"]
_LEVELS = 1024
"""Steps in which histograms are compared."""


def transfer(target: Tensor, reference: Tensor, method: Method, source: Tensor | None, strength: float) -> Tensor:
    """The target with the colours of the reference, both `(batch, height, width, 3)`.

    Args:
        target: the pictures to change.
        reference: whose colours to take, all its pictures together.
        method: `reinhard_lab` matches mean and spread of each channel (E. Reinhard et al., "Color Transfer between
            Images", 2001), `mkl_lab` the mean and the covariance by the Monge-Kantorovitch linear map (F. Pitié and
            A. Kokaram, 2007), `histogram` the distribution of red, green and blue.
        source: the pictures whose colours stand for the target's; None takes each picture for itself.
        strength: 0 changes nothing, 1 all the way, more exaggerates.
    """
    reference = reference[..., :3].reshape(-1, 3)
    changed = [
        _METHODS[method](image[None, ..., :3], (image if source is None else source)[..., :3].reshape(-1, 3), reference)
        for image in target
    ]
    colours = torch.cat(changed).to(target)
    mixed = (target[..., :3] + strength * (colours - target[..., :3])).clamp(0.0, 1.0)
    return torch.cat([mixed, target[..., 3:]], dim=-1)


def _reinhard(image: Tensor, source: Tensor, reference: Tensor) -> Tensor:
    here, there = to_lab(source), to_lab(reference)
    spread = there.std(dim=0) / here.std(dim=0).clamp(min=1e-5)
    return from_lab((to_lab(image) - here.mean(dim=0)) * spread + there.mean(dim=0))


def _mkl(image: Tensor, source: Tensor, reference: Tensor) -> Tensor:
    here, there = to_lab(source).double(), to_lab(reference).double()
    root, inverse = _roots(_covariance(here))
    middle, _ = _roots(root @ _covariance(there) @ root)
    change = inverse @ middle @ inverse
    return from_lab(((to_lab(image).double() - here.mean(dim=0)) @ change.T + there.mean(dim=0)).float())


def _covariance(colours: Tensor) -> Tensor:
    centred = colours - colours.mean(dim=0)
    return centred.T @ centred / max(1, len(colours) - 1)


def _roots(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The square root of a symmetric matrix and its inverse; what is flat stays flat."""
    values, vectors = torch.linalg.eigh(matrix)
    roots = values.clamp(min=1e-10).sqrt()
    return vectors @ torch.diag(roots) @ vectors.T, vectors @ torch.diag(1 / roots) @ vectors.T


def _histogram(image: Tensor, source: Tensor, reference: Tensor) -> Tensor:
    channels = [_matched(image[..., c], source[:, c], reference[:, c]) for c in range(3)]
    return torch.stack(channels, dim=-1)


def _matched(channel: Tensor, source: Tensor, reference: Tensor) -> Tensor:
    """Values replaced by those that as many of the reference lie below."""
    edges = torch.linspace(0.0, 1.0, _LEVELS + 1, dtype=source.dtype, device=source.device)
    below, wanted = _share_below(source, edges), _share_below(reference, edges)
    upper = torch.searchsorted(wanted, below).clamp(1, _LEVELS)
    step = (wanted[upper] - wanted[upper - 1]).clamp(min=1e-9)
    table = edges[upper - 1] + ((below - wanted[upper - 1]) / step).clamp(0.0, 1.0) / _LEVELS
    place = channel.clamp(0.0, 1.0) * _LEVELS
    lower = place.floor().long().clamp(max=_LEVELS - 1)
    return torch.lerp(table[lower], table[lower + 1], place - lower)


def _share_below(values: Tensor, edges: Tensor) -> Tensor:
    ordered = values.clamp(0.0, 1.0).sort().values
    return torch.searchsorted(ordered, edges, right=True).to(edges) / len(values)


_METHODS: dict[Method, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "reinhard_lab": _reinhard,
    "mkl_lab": _mkl,
    "histogram": _histogram,
}
