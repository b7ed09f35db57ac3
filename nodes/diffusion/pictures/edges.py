"""Edges of pictures, after J. Canny, "A Computational Approach to Edge Detection" (IEEE PAMI 1986)."""

import torch
from torch import Tensor
from torch.nn import functional

_LUMINANCE = (0.299, 0.587, 0.114)
_NEIGHBOURS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
"""Rows and columns of the next pixel in the directions 0, 45, … degrees."""


def canny(image: Tensor, low: float, high: float) -> Tensor:
    """White lines on black where brightness changes.

    Args:
        image: (batch, height, width, channels) in 0..1
        low: gradients from here on belong to an edge where they touch a strong one.
        high: gradients from here on are strong. Sobel filters that are not normalised give gradients up to 4.

    Returns:
        (batch, height, width, 3) of zeros and ones.
    """
    grey = sum(weight * image[..., min(index, image.shape[-1] - 1)] for index, weight in enumerate(_LUMINANCE))
    dx, dy = _gradients(_smoothed(grey.unsqueeze(1)))  # type: ignore[union-attr]  # the sum of three tensors
    magnitude = torch.sqrt(dx * dx + dy * dy + 1e-6)
    thin = _thinned(magnitude, dx, dy)
    edges = _connected(thin >= low, thin >= high)
    return edges.float().movedim(1, -1).repeat(1, 1, 1, 3)


def _smoothed(grey: Tensor) -> Tensor:
    """A Gaussian over 5 pixels with a standard deviation of 1, mirrored at the edges where there is room."""
    axis = torch.arange(-2, 3, dtype=grey.dtype, device=grey.device)
    kernel = torch.exp(-(axis**2) / 2)
    kernel = kernel / kernel.sum()
    mode = "reflect" if min(grey.shape[-2:]) > 2 else "replicate"
    padded = functional.pad(grey, (2, 2, 2, 2), mode=mode)
    return functional.conv2d(functional.conv2d(padded, kernel.view(1, 1, 5, 1)), kernel.view(1, 1, 1, 5))


def _gradients(grey: Tensor) -> tuple[Tensor, Tensor]:
    """Sobel's derivatives to the right and downwards."""
    across = grey.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([across, across.T]).unsqueeze(1)
    found = functional.conv2d(functional.pad(grey, (1, 1, 1, 1), mode="replicate"), kernels)
    return found[:, :1], found[:, 1:]


def _thinned(magnitude: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Only what is larger than both neighbours along the gradient; of two equal ones, one."""
    octant = torch.round(torch.atan2(dy, dx) * (4 / torch.pi)).long() % 8
    padded = functional.pad(magnitude, (1, 1, 1, 1))
    height, width = magnitude.shape[-2:]
    shifted = torch.stack(
        [padded[..., 1 + row : 1 + row + height, 1 + column : 1 + column + width] for row, column in _NEIGHBOURS]
    )
    ahead = shifted.gather(0, octant.unsqueeze(0)).squeeze(0)
    behind = shifted.gather(0, ((octant + 4) % 8).unsqueeze(0)).squeeze(0)
    return torch.where((magnitude >= ahead) & (magnitude > behind), magnitude, torch.zeros_like(magnitude))


def _connected(possible: Tensor, strong: Tensor) -> Tensor:
    """The strong pixels, and the possible ones that are connected with them."""
    found = strong
    while True:
        grown = (functional.max_pool2d(found.float(), 3, stride=1, padding=1) > 0) & possible
        if torch.equal(grown, found):
            return found
        found = grown
