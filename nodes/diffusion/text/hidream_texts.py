"""How HiDream puts the results of its text encoders together."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.families.weights import Part
from nodes.diffusion.text.encoder import ClipTextEncoder, text_for
from nodes.diffusion.text.language import LanguageTextEncoder
from nodes.diffusion.text.t5 import T5TextEncoder
from nodes.diffusion.types import Encoded, FindEmbedding, Text

LLAMA_TEXT = "conditioning_llama3"
"""Where a conditioning has what every layer of Llama makes of the prompt (1, layers, tokens, width)."""


@dataclass(frozen=True)
class HiDreamTexts:
    """T5 and every layer of Llama are read, both CLIPs only sum up; see `nodes.diffusion.types.TextEncoder`.

    Attributes:
        clip_l: CLIP ViT-L; what is missing counts as zeros.
        clip_g: OpenCLIP ViT-bigG.
        t5: T5-XXL.
        llama: read at all of its layers.
        widths: of both CLIPs, for what is missing.
        length: tokens of T5.
    """

    clip_l: ClipTextEncoder | None
    clip_g: ClipTextEncoder | None
    t5: T5TextEncoder | None
    llama: LanguageTextEncoder
    widths: tuple[int, int]
    length: int

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        present = [each for each in (self.clip_l, self.clip_g, self.t5, self.llama) if each is not None]
        return {name: part for each in present for name, part in each.parts.items()}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt, or one for each of them: `clip_l`, `clip_g`, `t5xxl` and `llama`."""
        pooled = [
            _pooled(clip.encode(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding), width)
            if clip is not None
            else torch.zeros(1, width)
            for clip, width in zip((self.clip_l, self.clip_g), self.widths, strict=True)
        ]
        layers = len(self.llama.style.layers)
        spoken = self.llama.encode(text_for(text, "llama")).hidden.unflatten(-1, (layers, -1)).movedim(2, 1)
        if self.t5 is None:
            hidden = torch.zeros(1, self.length, spoken.shape[-1])
        else:
            hidden = self.t5.encode(text, find_embedding=find_embedding).hidden
        return Encoded(hidden, torch.cat(pooled, dim=-1), {LLAMA_TEXT: spoken})


def _pooled(encoded: Encoded, width: int) -> Tensor:
    return encoded.pooled if encoded.pooled is not None else torch.zeros(1, width)
