"""Two CLIP text encoders side by side, as Stable Diffusion XL reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from nodes.diffusion.families.weights import Part
from nodes.diffusion.text.encoder import ClipTextEncoder, text_for
from nodes.diffusion.text.windows import Window, empty_window
from nodes.diffusion.types import Encoded, FindEmbedding, Text


@dataclass(frozen=True)
class JointClip:
    """Several CLIP text encoders whose results are joined, position by position; see `types.TextEncoder`.

    Podell et al., 2023, "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis", section 2.1.
    """

    encoders: Sequence[ClipTextEncoder]
    """In the order of their channels; the last sums up the text."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        return {name: part for encoder in self.encoders for name, part in encoder.parts.items()}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt with each: hidden (1, tokens, sum of widths), pooled by the last."""
        encoded = self.encode_each(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding)
        return Encoded(torch.cat([each.hidden for each in encoded], dim=-1), encoded[-1].pooled)

    def encode_each(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> list[Encoded]:
        """What each encoder makes of the text; the shorter texts are filled up with windows without words."""
        windows = [each.windows(text_for(text, each.style.name), find_embedding) for each in self.encoders]
        count = max(map(len, windows))
        return [
            encoder.encode_windows(_filled(own, count, encoder), stop_at_layer)
            for encoder, own in zip(self.encoders, windows, strict=True)
        ]


def _filled(windows: list[Window], count: int, encoder: ClipTextEncoder) -> list[Window]:
    return [*windows, *[empty_window(encoder.vocabulary)] * (count - len(windows))]
