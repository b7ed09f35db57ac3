"""BERT and mT5 as Hunyuan-DiT reads them: a prompt in Chinese or English, in two rows of tokens of fixed lengths.

Devlin et al., 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding"; Li et al.,
2024, "Hunyuan-DiT: A Powerful Multi-Resolution Diffusion Transformer with Fine-Grained Chinese Understanding".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.families.weights import Part, unchanged
from nodes.diffusion.text.encoder import text_for, weigh
from nodes.diffusion.text.prompt import parse
from nodes.diffusion.text.t5 import T5TextEncoder
from nodes.diffusion.text.unigram import LanguageVocabulary
from nodes.diffusion.text.windows import Token
from nodes.diffusion.types import Encoded, FindEmbedding, Text

if TYPE_CHECKING:
    from transformers import BertModel

BEGIN, END, PAD = "[CLS]", "[SEP]", "[PAD]"


@dataclass(frozen=True)
class BertTextEncoder:
    """BERT on its device.

    Attributes:
        network: on its device.
        vocabulary: turns text into tokens.
        device: where it is.
        dtype: what it computes in.
        length: how many tokens every text has: longer ones are cut, shorter ones filled up with what BERT does not see.
        name: which of a family's text encoders it is.
    """

    network: "BertModel"
    vocabulary: LanguageVocabulary
    device: torch.device
    dtype: torch.dtype
    length: int = 77
    name: str = "hydit_clip"

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {self.name: Part(self.network, unchanged(self.network.state_dict()))}

    @torch.no_grad()
    def read(self, text: str) -> tuple[Tensor, int]:
        """A prompt with its weights (1, length, width) in float32 on the CPU, and how many of the tokens are words."""
        words = [Token(number, part.weight) for part in parse(text) for number in self.vocabulary.ids(part.text)]
        tokens = self._filled(words[: self.length - 2])
        count = min(len(words), self.length - 2) + 2
        rows = [(tokens, count)]
        if any(token.weight != 1.0 for token in tokens):
            rows.append((self._filled([]), 2))
        hidden = self._run(rows)
        return (weigh(hidden[:1], hidden[1], [tokens]) if len(rows) > 1 else hidden).cpu(), count

    def _filled(self, words: Sequence[Token]) -> list[Token]:
        begin, end, pad = (Token(self._mark(text)) for text in (BEGIN, END, PAD))
        return [begin, *words, end, *[pad] * (self.length - 2 - len(words))]

    def _mark(self, text: str) -> int:
        found = self.vocabulary.mark(text)
        if found is None:
            raise ModelFileError(f"The vocabulary of BERT has no mark {text}; take the one of the model's publication.")
        return found

    def _run(self, rows: Sequence[tuple[Sequence[Token], int]]) -> Tensor:
        """The last layer's result (rows, length, width) for tokens of which so many are seen."""
        ids = torch.tensor([[token.content for token in tokens] for tokens, _ in rows], device=self.device)
        seen = torch.stack([torch.arange(self.length) < count for _, count in rows]).to(self.device, torch.long)
        return self.network(input_ids=ids, attention_mask=seen).last_hidden_state.float()


@dataclass(frozen=True)
class HunyuanTexts:
    """Both text encoders of Hunyuan-DiT, one row after the other; see `types.TextEncoder`.

    BERT's rows are filled up with zeros to the width of mT5, and a last number of each token says whether it counts.
    """

    bert: BertTextEncoder
    t5: T5TextEncoder

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        return {**self.bert.parts, **self.t5.parts}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt: hidden (1, tokens of both, width of mT5 + 1); all layers are always used."""
        first, words = self.bert.read(text_for(text, self.bert.name))
        second = self.t5.encode(text, find_embedding=find_embedding).hidden
        tokens = self.t5.tokens(text_for(text, self.t5.name), find_embedding)
        counts = [(torch.arange(first.shape[1]) < words).to(second), self.t5.seen([tokens])[0]]
        wide = functional.pad(first, (0, second.shape[-1] - first.shape[-1]))
        hidden = torch.cat([wide, second], dim=1)
        return Encoded(torch.cat([hidden, torch.cat(counts)[None, :, None]], dim=-1), None)
