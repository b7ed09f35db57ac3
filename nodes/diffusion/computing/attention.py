"""Attention as this house computes it on each device.

On a CPU torch's fused kernel is no faster in bfloat16 than in float32. Over many positions, plain matrix products, head
by head and in rows that stay in the processor's cache, are: 1.4 to 1.9 times as fast as the kernel at 1024 and 4096
positions (one and two cores with AVX-512 BF16). Everywhere else the kernel wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers.models.attention_processor import Attention

ROWS = 512
"""Positions whose attention weights are held at once."""
MANY = 512
"""From so many positions on, products are taken row by row."""


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scaled dot-product attention (Vaswani et al., 2017, equation 1) of (batch, heads, positions, width) tensors."""
    is_many = query.device.type == "cpu" and query.dtype == torch.bfloat16 and key.shape[2] >= MANY
    if is_many and not query.requires_grad:
        return _attend_by_rows(query, key, value)
    return torch.nn.functional.scaled_dot_product_attention(query, key, value)


@dataclass(frozen=True)
class Layer:
    """An attention layer, as effects know it."""

    name: str
    """Its place in the network, such as `mid_block.attentions.0.transformer_blocks.0.attn1`."""
    heads: int
    is_self: bool
    """Whether positions attend to each other; otherwise to a text."""

    @property
    def is_middle(self) -> bool:
        """Whether it is in the middle block."""
        return self.name.startswith("mid_block.")


Mix = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention: from query, key and value (batch, positions, channels) to (batch, positions, channels)."""
Around = Callable[[Layer, Tensor, Tensor, Tensor, Mix], Tensor]
"""What attention goes through: it gets query, key and value, and the attention that it stands around."""
ContextChange = Callable[[Layer, Tensor, Tensor], tuple[Tensor, Tensor]]
"""What is attended to goes through it: one tensor (batch, positions, channels) for keys and one for values."""


class AttentionProcessor:
    """Tells the attention layers of one diffusers UNet to use `attend`, and what stands around it for a while."""

    def __init__(self) -> None:
        self.names: Mapping[int, str] = {}
        """The name of each layer by its identity; needed only where something stands around attention."""
        self.around: Sequence[Around] = ()
        self.contexts: Sequence[ContextChange] = ()

    def __call__(
        self, attn: "Attention", hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **_: object
    ) -> Tensor:
        """Attend from (batch, positions, channels) to a text, or to itself."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states

        def mix(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            if attn.upcast_attention and query.dtype == torch.float16:
                query, key, value = query.float(), key.float(), value.float()  # Stable Diffusion 2.1 overflows
            heads = (each.view(*each.shape[:2], attn.heads, -1).transpose(1, 2) for each in (query, key, value))
            return attend(*heads).to(hidden_states.dtype).transpose(1, 2).reshape(query.shape)

        if not self.around and not self.contexts:
            return attn.to_out[0](mix(attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)))
        layer = Layer(self.names.get(id(attn), ""), attn.heads, encoder_hidden_states is None)
        for_keys, for_values = context, context
        for change in self.contexts:
            for_keys, for_values = change(layer, for_keys, for_values)
        for each in self.around:
            mix = partial(_standing, each, layer, mix)
        return attn.to_out[0](mix(attn.to_q(hidden_states), attn.to_k(for_keys), attn.to_v(for_values)))


def _standing(around: Around, layer: Layer, mix: Mix, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return around(layer, query, key, value, mix)


def _attend_by_rows(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    query = query * query.shape[-1] ** -0.5
    result = query.new_empty(*query.shape[:3], value.shape[3])
    scores, weights = query.new_empty(2, ROWS, key.shape[2])
    for item in range(query.shape[0]):
        for head in range(query.shape[1]):
            columns, values = key[item, head].contiguous().t(), value[item, head].contiguous()
            for rows, target in zip(query[item, head].split(ROWS), result[item, head].split(ROWS), strict=True):
                torch.mm(rows, columns, out=scores[: len(rows)])
                torch.softmax(scores[: len(rows)], -1, out=weights[: len(rows)])
                torch.mm(weights[: len(rows)], values, out=target)
    return result
