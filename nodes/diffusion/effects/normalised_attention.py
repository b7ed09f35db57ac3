"""Normalised attention guidance: a negative text that works without classifier-free guidance, inside attention.

Chen et al., 2025, "Normalized Attention Guidance: Universal Negative Guidance for Diffusion Models", section 3: what
attention gives for the positive text moves away from what it gives for the negative one; its length (the sum of
magnitudes) grows by a factor of at most tau, and it is mixed with what it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from nodes.diffusion.computing.skipping import stack_of
from nodes.diffusion.effects.base import Effect, Moment, Numbers
from nodes.diffusion.errors import ModelError

SIDES = {"positive": 1, "negative": -1}
TEXT_FIRST = frozenset({"ChromaSingleTransformerBlock", "Flux2SingleTransformerBlock", "FluxSingleTransformerBlock"})
"""Blocks in which text and picture are one row of tokens, the text before the picture."""


@dataclass(frozen=True)
class Place:
    """Where what attention gave for a picture passes.

    Attributes:
        module: it goes into this module, or comes out of it.
        is_output: which of the two.
        follows_text: whether the tokens of the text stand before those of the picture.
        width: how many of the channels are from attention; None: all.
    """

    module: nn.Module
    is_output: bool = False
    follows_text: bool = False
    width: int | None = None


class NormalisedAttention(Effect):
    """Its numbers: `scale`, `alpha` (the share of what is new) and `tau`.

    In UNets what self-attention gives is changed for the positive side, as the ecosystem does; in transformers what
    attention to text and picture gives the picture, for both sides, so that both go on from the same.
    """

    works_on = "any"
    needs_negative = True

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self._mark = f"side:{id(self)}"
        self._was_asked = self._was_applied = False
        self._is_unet = hasattr(unet, "up_blocks")
        self._places = list(_of_unet(unet) if self._is_unet else _of_transformer(unet))
        if not self._places:
            raise ModelError(
                f"Normalised attention guidance knows no attention to a text in a {type(unet).__name__}. Leave the "
                "node out, or use guidance with a negative conditioning (CFG)."
            )

    def inputs(self, role: str) -> Mapping[str, Tensor]:
        """1 for rows of the positive side, -1 for those of the negative one."""
        return {self._mark: torch.tensor([SIDES.get(role, 0)])}

    def notes(self) -> Sequence[str]:
        """That it never took effect, if so."""
        if not self._was_asked or self._was_applied:
            return ()
        return (
            "Normalised attention guidance took no effect: the two sides were never in one batch. It needs a guider "
            "with a negative side, and memory for both at once.",
        )

    def hooks(self, moment: Moment) -> Iterator[RemovableHandle]:
        """At every place, where both sides are in the batch."""
        self._was_asked = True
        sides = moment.told[self._mark].flatten()
        positive, negative = ((sides == side).nonzero().flatten() for side in SIDES.values())
        if not len(positive) or len(positive) != len(negative):
            return
        self._was_applied = True
        for place in self._places:
            change = self._change(place, positive, negative, moment.words if place.follows_text else 0)
            if place.is_output:
                yield place.module.register_forward_hook(lambda _m, _i, output, change=change: change(output))
            else:
                yield place.module.register_forward_pre_hook(lambda _m, inputs, change=change: (change(inputs[0]),))

    def _change(self, place: Place, positive: Tensor, negative: Tensor, first: int) -> Callable[[Tensor], Tensor]:
        scale, alpha, tau = (float(self.numbers[name]) for name in ("scale", "alpha", "tau"))

        def changed(values: Tensor) -> Tensor:
            values = values.clone()
            picture = values[:, first:, : place.width]
            found = away_from(picture[positive], picture[negative], scale, alpha, tau)
            picture[positive] = found
            if not self._is_unet:
                picture[negative] = found
            return values

        return changed


def away_from(positive: Tensor, negative: Tensor, scale: float, alpha: float, tau: float) -> Tensor:
    """What attention gave (rows, tokens, channels), led away from what it gave for the negative text."""
    guided = positive * scale - negative * (scale - 1)
    before, after = (each.abs().sum(-1, keepdim=True).clamp(min=1e-6) for each in (positive, guided))
    ratio = after / before
    return guided * (ratio.clamp(max=tau) / ratio) * alpha + positive * (1 - alpha)


def _of_unet(unet: nn.Module) -> Iterator[Place]:
    for name, module in unet.named_modules():
        if name.endswith(".attn1"):
            yield Place(module, is_output=True)


def _of_transformer(network: nn.Module) -> Iterator[Place]:
    for block in stack_of(network, "double") or ():
        own: Any = block
        if hasattr(block, "attn1") and hasattr(block, "attn2"):  # to the picture itself, and to the text
            yield Place(own.attn2.to_out[0])
        elif getattr(getattr(block, "attn", None), "add_q_proj", None) is not None:
            yield Place(own.attn.to_out[0])
    for block in stack_of(network, "single") or ():
        if type(block).__name__ in TEXT_FIRST:
            attention: Any = block.attn
            is_fused = hasattr(attention, "to_qkv_mlp_proj")  # followed by what the block computes beside attention
            yield (
                Place(attention.to_out, follows_text=True, width=attention.inner_dim)
                if is_fused
                else Place(attention, is_output=True, follows_text=True)
            )
