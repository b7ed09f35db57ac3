"""Text encoders of which a language model is read, while CLIP sums the text up."""

from collections.abc import Mapping
from dataclasses import dataclass

from nodes.diffusion.families.weights import Part
from nodes.diffusion.text.encoder import ClipTextEncoder
from nodes.diffusion.text.language import LanguageTextEncoder
from nodes.diffusion.types import Encoded, FindEmbedding, Text


@dataclass(frozen=True)
class SummedTexts:
    """The text encoders of HunyuanVideo; see `types.TextEncoder`."""

    clip_l: ClipTextEncoder
    language: LanguageTextEncoder

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        return {**self.clip_l.parts, **self.language.parts}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt."""
        pooled = self.clip_l.encode(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding).pooled
        return Encoded(self.language.encode(text, find_embedding=find_embedding).hidden, pooled)
