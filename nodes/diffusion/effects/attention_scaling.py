"""Attention of a UNet whose queries, keys, values and outputs are scaled: for experiments with what layers do."""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn
from torch.utils.hooks import RemovableHandle

from nodes.diffusion.effects.base import Effect, Moment

TEMPORAL = "temporal_transformer_blocks"
"""In the names of layers that look along the frames of a video."""


class AttentionScaling(Effect):
    """Its numbers: `is_self`, whether positions attend to each other; `is_temporal`, None for all layers; `q`, `k`, `v`
    and `out`.

    Transformers have no such layers. There it changes nothing and says so, since published workflows have it there.
    """

    works_on = "any"

    @property
    def _is_unet(self) -> bool:
        return hasattr(self.unet, "up_blocks")

    def notes(self) -> Sequence[str]:
        """That nothing was scaled, if so."""
        return () if self._is_unet else ("Attention was not scaled: the layers meant are those of a UNet.",)

    def hooks(self, moment: Moment) -> Iterator[RemovableHandle]:
        """Behind the matrices of every such layer, and behind the layer."""
        for name, layer in self.unet.named_modules() if self._is_unet else ():
            if self._is_meant(name):
                attention: Any = layer
                for factor, module in (
                    (self.numbers["q"], attention.to_q),
                    (self.numbers["k"], attention.to_k),
                    (self.numbers["v"], attention.to_v),
                    (self.numbers["out"], attention),
                ):
                    if factor != 1:
                        yield _scaling(module, float(factor))

    def _is_meant(self, name: str) -> bool:
        is_temporal = self.numbers["is_temporal"]
        suffix = ".attn1" if self.numbers["is_self"] else ".attn2"
        return name.endswith(suffix) and is_temporal in (None, TEMPORAL in name)


def _scaling(module: nn.Module, factor: float) -> RemovableHandle:
    return module.register_forward_hook(lambda _module, _inputs, output: output * factor)
