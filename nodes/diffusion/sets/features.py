"""What of a picture is compared: its pixels, an autoencoder's latent, or what CLIP sees in it.

It is never the network of the published FID, and never one that learnt from medical pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

COARSE, FINE = 4, 16
"""Cells a side: for statistics of few pictures, and to tell single pictures apart."""


@dataclass(frozen=True)
class Features:
    """The features of a set of pictures."""

    name: str
    """What they are, for people."""
    maps: Tensor
    """(pictures, channels, height, width) or (pictures, width)"""

    def coarse(self) -> Tensor:
        """(pictures, width) float64, few numbers a picture: what statistics need."""
        return self._vectors(COARSE)

    def fine(self) -> Tensor:
        """(pictures, width) float64, as many as it takes to tell pictures apart."""
        return self._vectors(FINE)

    def _vectors(self, cells: int) -> Tensor:
        if self.maps.dim() == 2:
            return self.maps.double()
        height, width = (min(cells, side) for side in self.maps.shape[2:])
        return functional.adaptive_avg_pool2d(self.maps.double(), (height, width)).flatten(1)


def of_pixels(images: Sequence[Tensor]) -> Features:
    """Of grey pictures: means of pixels. Pictures (height, width, channels) may differ in size."""
    grey = [functional.adaptive_avg_pool2d(image.double().mean(-1)[None], 4 * FINE) for image in images]
    return Features("pixels", torch.stack(grey))


def coloured(image: Tensor) -> Tensor:
    """A picture (height, width, channels) as a batch of one with three channels, for networks."""
    return (image[..., :1].expand(*image.shape[:2], 3) if image.shape[-1] < 3 else image[..., :3]).unsqueeze(0)
