"""Text encoders of which a language model is read, and ByT5 besides where something is to be written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nodes.diffusion.families.weights import Part, renamed
from nodes.diffusion.text.encoder import text_for
from nodes.diffusion.text.language import LanguageTextEncoder
from nodes.diffusion.types import Encoded, FindEmbedding, Text

if TYPE_CHECKING:
    from transformers import T5EncoderModel

WRITTEN = "conditioning_byt5small"
"""Where a conditioning has what ByT5 makes of words in quotation marks (1, tokens, width)."""
QUOTED = re.compile(r'"(.*?)"|“(.*?)”')
END, FIRST_BYTE = 1, 3
"""The end mark of ByT5, and the number of the token for the byte 0."""


@dataclass(frozen=True)
class GlyphTexts:
    """The text encoders of HunyuanVideo 1.5; see `types.TextEncoder`.

    Attributes:
        language: reads the prompt.
        byt5: reads what is to be written in the picture, byte by byte (Liu et al., 2024, "Glyph-ByT5-v2").
    """

    language: LanguageTextEncoder
    byt5: "T5EncoderModel"

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        own = renamed({key: key for key in self.byt5.state_dict()})
        return {**self.language.parts, "byt5": Part(self.byt5, own)}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt; it has no weights and no textual inversions."""
        prompt = text_for(text, self.language.name)
        read = self.language.encode(prompt or " ").hidden
        words = quoted(prompt)
        return Encoded(read, None, {WRITTEN: self._written(words)} if words else {})

    @torch.no_grad()
    def _written(self, words: str) -> Tensor:
        ids = [byte + FIRST_BYTE for byte in words.encode("utf-8")] + [END]
        found: Tensor = self.byt5(input_ids=torch.tensor([ids], device=self.language.device)).last_hidden_state
        return found.float().cpu()


def quoted(prompt: str) -> str:
    """What stands in quotation marks in a prompt, as ByT5 is told it; empty if nothing does."""
    found = dict.fromkeys(plain or curly for plain, curly in QUOTED.findall(prompt))
    return "".join(f'Text "{words}". ' for words in found)
