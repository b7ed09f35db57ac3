"""Attention in which the last tokens and the others heed each other less, or more, than they usually would."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

LEAST = 1e-30
"""What a weight of nothing counts as, so that it has a logarithm."""


class WeightedAttention(TorchFunctionMode):
    """Inside the `with` block, attention of certain tokens to themselves is weighed, whoever computes it.

    A weight multiplies what softmax makes of a pair of tokens; its logarithm is added to the pair's score. Pairs within
    either group are left alone.

    Args:
        weights: (batch, last tokens): how much the others heed each of the last tokens, and it them; 1 changes nothing.
        tokens: how many there are all together.
        width: of a head: attention with other tokens or widths is another one.
    """

    def __init__(self, weights: Tensor, tokens: int, width: int) -> None:
        super().__init__()
        self._scores = weights.clamp(min=LEAST).log()
        self._tokens, self._width = tokens, width

    def __torch_function__(
        self,
        func: Callable[..., Any],  # whatever torch computes
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Weigh what is meant; let everything else be computed as it is."""
        if func is functional.scaled_dot_product_attention:
            return self._attend(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, **others: Any
    ) -> Tensor:
        is_meant = query.shape[-2:] == key.shape[-2:] == (self._tokens, self._width) and attn_mask is None
        if not is_meant:
            return functional.scaled_dot_product_attention(query, key, value, attn_mask, **others)
        scores = self._scores.to(query)
        last = scores.shape[1]
        first = self._tokens - last
        row = torch.cat([scores.new_zeros(len(scores), first), scores], dim=1)[:, None, None]
        rows = torch.cat([scores[..., None].expand(-1, -1, first), scores.new_zeros(len(scores), last, last)], dim=2)
        found = [
            functional.scaled_dot_product_attention(part, key, value, mask, **others)
            for part, mask in zip(query.split([first, last], dim=-2), (row, rows[:, None]), strict=True)
        ]
        return torch.cat(found, dim=-2)
