"""How flow models put the results of several text encoders together."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.families.weights import Part
from nodes.diffusion.text.encoder import ClipTextEncoder
from nodes.diffusion.text.joint import JointClip
from nodes.diffusion.text.t5 import T5TextEncoder
from nodes.diffusion.types import Encoded, FindEmbedding, Text

WINDOW = 77
"""Tokens of an empty result."""


@dataclass(frozen=True)
class Sd3Texts:
    """The text encoders of Stable Diffusion 3, any of which may be missing; see `types.TextEncoder`.

    Both CLIP encoders stand side by side, filled up with zeros to the width of T5, whose result follows them (Esser et
    al., 2024, section 4 and figure 2).

    Attributes:
        clip_l: CLIP ViT-L.
        clip_g: OpenCLIP ViT-bigG.
        t5: T5-XXL.
        widths: of the token vectors of each, for what is missing.
    """

    clip_l: ClipTextEncoder | None
    clip_g: ClipTextEncoder | None
    t5: T5TextEncoder | None
    widths: tuple[int, int, int]

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        present = [each for each in (self.clip_l, self.clip_g, self.t5) if each is not None]
        return {name: part for each in present for name, part in each.parts.items()}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt; an encoder that has no text of its own where others do is left out."""
        clips = [each for each in (self.clip_l, self.clip_g) if each is not None and _reads(text, each.style.name)]
        encoded = dict.fromkeys(("clip_l", "clip_g"), _empty(self.widths[0]))
        encoded["clip_g"] = _empty(self.widths[1])
        rows = []
        if clips:
            results = JointClip(clips).encode_each(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding)
            length = results[0].hidden.shape[1]
            encoded |= {each.style.name: result for each, result in zip(clips, results, strict=True)}
            joined = torch.cat([_long(each.hidden, length) for each in encoded.values()], dim=-1)
            rows.append(functional.pad(joined, (0, self.widths[2] - joined.shape[-1])))
        if self.t5 is not None and _reads(text, self.t5.name):
            rows.append(self.t5.encode(text, find_embedding=find_embedding).hidden)
        pooled = torch.cat([_pooled(each) for each in encoded.values()], dim=-1)
        return Encoded(torch.cat(rows, dim=1) if rows else torch.zeros(1, WINDOW, self.widths[2]), pooled)


@dataclass(frozen=True)
class FluxTexts:
    """The text encoders of Flux: T5 is read, CLIP only sums up; see `types.TextEncoder`."""

    clip_l: ClipTextEncoder
    t5: T5TextEncoder

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        return {**self.clip_l.parts, **self.t5.parts}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt."""
        pooled = self.clip_l.encode(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding).pooled
        return Encoded(self.t5.encode(text, find_embedding=find_embedding).hidden, pooled)


def _reads(text: Text, name: str) -> bool:
    return isinstance(text, str) or name in text


def _empty(width: int) -> Encoded:
    return Encoded(torch.zeros(1, WINDOW, width), torch.zeros(1, width))


def _long(hidden: Tensor, length: int) -> Tensor:
    """Nothing, as long as something."""
    return hidden if hidden.shape[1] == length else hidden.new_zeros(1, length, hidden.shape[2])


def _pooled(encoded: Encoded) -> Tensor:
    return encoded.pooled if encoded.pooled is not None else torch.zeros(1, encoded.hidden.shape[-1])
