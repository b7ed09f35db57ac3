"""Positions of a video transformer that are stretched and moved before they become angles (rotary embeddings).

Su et al., 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding", equation 15: the angle of a pair of
numbers is the position times a frequency.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from nodes.diffusion.effects.base import Effect, Moment, Numbers
from nodes.diffusion.errors import ModelError

THETA = 10_000.0


class RopeScaling(Effect):
    """Position n of an axis becomes `shift + scale * n`.

    Its numbers: `scale_x`, `shift_x`, and the same for `y` (down) and `t` (frames).
    """

    works_on = "transformer"

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self._rope: Any = getattr(unet, "rope", None)
        if not hasattr(self._rope, "t_dim"):
            raise ModelError(
                f"ScaleROPE stretches the positions of Wan; a {type(unet).__name__} counts positions "
                "differently. Leave the node out."
            )

    def hooks(self, moment: Moment) -> Iterator[RemovableHandle]:
        """Where the angles are computed."""
        yield self._rope.register_forward_hook(lambda _rope, inputs, angles: self._angles(inputs[0], angles))

    def _angles(self, latent: Tensor, usual: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Cosines and sines (1, tokens, 1, width) of all tokens of a latent (batch, channels, frames, …)."""
        counts = [side // patch for side, patch in zip(latent.shape[2:], self._rope.patch_size, strict=True)]
        widths = self._rope.t_dim, self._rope.h_dim, self._rope.w_dim
        parts = []
        for axis, (name, count, width) in enumerate(zip("tyx", counts, widths, strict=True)):
            shape = [count if each == axis else 1 for each in range(3)]
            parts.append(self._of_axis(name, count, width).view(*shape, width).expand(*counts, width))
        angles = torch.cat(parts, dim=-1).reshape(1, -1, 1, sum(widths))
        return angles.cos().to(usual[0]), angles.sin().to(usual[1])

    def _of_axis(self, name: str, count: int, width: int) -> Tensor:
        """(count, width): the angles along an axis; both numbers of a pair have the same."""
        places = self.numbers[f"shift_{name}"] + self.numbers[f"scale_{name}"] * torch.arange(count).double()
        frequencies = THETA ** (-torch.arange(0, width, 2).double() / width)
        return torch.outer(places, frequencies).repeat_interleave(2, dim=1)
