"""The cells of a video as tokens of LTX-Video and LTX-2: which the network sees, and how much they heed others."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from torch import Tensor

from nodes.diffusion.computing.weighted_attention import WeightedAttention

MASK, HEED = "mask", "heed"
"""What a network is told of its cells: the noise mask, and how much keyframes are heeded."""


@dataclass(frozen=True, eq=False)
class VideoCells:
    """The cells of a video.

    Attributes:
        count: how many there are.
        seen: (cells,) which of them the network sees; None: all.
        heed: (batch, keyframes' cells that are seen) how much the video heeds them; None: as itself.
    """

    count: int
    seen: Tensor | None = None
    heed: Tensor | None = None

    @classmethod
    def of(cls, told: Mapping[str, Tensor], latent: Tensor) -> "VideoCells":
        """The cells of a latent (batch, channels, frames, rows, columns); what its mask makes negative is not there."""
        count, heed = latent[0, 0].numel(), told.get(HEED)
        mask = told.get(MASK)
        if mask is None or not bool((mask < 0).any()):
            return cls(count, None, heed)
        seen = mask[0, 0].expand(latent.shape[2:]).flatten() >= 0
        return cls(count, seen, None if heed is None else heed[:, seen[-heed.shape[1] :]])

    def take(self, tokens: Tensor, axis: int = 1) -> Tensor:
        """What is seen of something that each cell has, along an axis; what all have together stays."""
        if self.seen is None or tokens.shape[axis] != self.count:
            return tokens
        return tokens.index_select(axis, self.seen.nonzero().flatten())

    def put_back(self, tokens: Tensor) -> Tensor:
        """Every cell's (batch, cells, …) of those that are seen; nothing for the others."""
        if self.seen is None:
            return tokens
        whole = tokens.new_zeros(len(tokens), self.count, *tokens.shape[2:])
        whole[:, self.seen] = tokens
        return whole

    def attending(self, width: int) -> AbstractContextManager[object]:
        """Inside the `with` block, heads of a width heed keyframes as much as they are meant to."""
        if self.heed is None:
            return nullcontext()
        tokens = self.count if self.seen is None else int(self.seen.sum())
        return WeightedAttention(self.heed, tokens, width)
