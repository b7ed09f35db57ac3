"""T5 text encoders: a prompt with weights as one long row of tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nodes.diffusion.families.weights import Part, unchanged
from nodes.diffusion.text.encoder import text_for, weigh
from nodes.diffusion.text.inversion import read_inversion
from nodes.diffusion.text.prompt import MARK, parse, split_inversions
from nodes.diffusion.text.unigram import LanguageVocabulary
from nodes.diffusion.text.windows import Token
from nodes.diffusion.types import Encoded, FindEmbedding, Padding, Text, TextEncoder

if TYPE_CHECKING:
    from transformers import T5EncoderModel

PAD, END = 0, 1
"""Token ids of the T5 of Google."""


@dataclass(frozen=True)
class T5TextEncoder:
    """A T5 encoder on its device; see `nodes.diffusion.types.TextEncoder`. It sums nothing up.

    Attributes:
        network: on its device.
        vocabulary: turns text into tokens.
        device: where it is.
        dtype: what it computes in.
        shortest: how many tokens there are at least; what is missing is filled up.
        name: which of a family's text encoders it is.
        masks: whether what was filled up is hidden from it.
        after: how many tokens fill up a text of any length.
        blanks: whether what is hidden from it is blanked in its result too.
        longest: how many tokens of a text are read; None reads all of them.
        end: the token after a text.
        pad: the token that fills it up.
    """

    network: "T5EncoderModel"
    vocabulary: LanguageVocabulary
    device: torch.device
    dtype: torch.dtype
    shortest: int
    name: str = "t5xxl"
    masks: bool = False
    after: int = 0
    blanks: bool = True
    longest: int | None = None
    end: int = END
    pad: int = PAD

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {self.name: Part(self.network, unchanged(self.network.state_dict()))}

    @property
    def width(self) -> int:
        """Channels of the token vectors and of the result."""
        return int(self.network.config.d_model)

    @torch.no_grad()
    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt; weights work as for CLIP, and all layers are always used."""
        tokens = self.tokens(text_for(text, self.name), find_embedding)
        weighted = any(token.weight != 1.0 for token in tokens)
        rows = [tokens, self._filled([], len(tokens))] if weighted else [tokens]
        hidden = self._run(rows)
        if weighted:
            hidden = weigh(hidden[:1], hidden[1], [tokens])
        return Encoded(hidden[:1].cpu(), None)

    def tokens(self, text: str, find: FindEmbedding | None = None) -> list[Token]:
        """The tokens of a prompt with their weights, its end mark, and what fills it up."""
        found: list[Token] = []
        for stretch in parse(text):
            for piece in split_inversions(stretch.text):
                words = piece
                if piece.startswith(MARK) and find is not None:
                    inversion = read_inversion(piece, self.width, find, self.name)
                    words = inversion.rest
                    if inversion.vectors is not None:
                        found += [Token(vector, stretch.weight) for vector in inversion.vectors]
                found += [Token(number, stretch.weight) for number in self.vocabulary.ids(words)]
        return self._filled(found, self.shortest)

    def _filled(self, tokens: Sequence[Token], length: int) -> list[Token]:
        read = tokens if self.longest is None else tokens[: self.longest - 1]
        closed = [*read, Token(self.end), *[Token(self.pad)] * self.after]
        return [*closed, *[Token(self.pad)] * (length - len(closed))]

    def seen(self, rows: Sequence[Sequence[Token]]) -> Tensor:
        """1 for each token up to the end mark (rows, tokens)."""
        ends = [max(place for place, token in enumerate(row) if self._is_end(token)) for row in rows]
        return torch.stack([(torch.arange(len(row)) <= end).float() for row, end in zip(rows, ends, strict=True)])

    def _is_end(self, token: Token) -> bool:
        return isinstance(token.content, int) and token.content == self.end

    def _run(self, rows: Sequence[Sequence[Token]]) -> Tensor:
        """The last layer's result (rows, tokens, width) in float32."""
        embed = self.network.get_input_embeddings()
        ids = torch.tensor(
            [[each.content if isinstance(each.content, int) else self.pad for each in row] for row in rows]
        )
        vectors = embed(ids.to(self.device))
        for row, tokens in enumerate(rows):
            for position, token in enumerate(tokens):
                if isinstance(token.content, Tensor):
                    vectors[row, position] = token.content.to(vectors)
        mask = (self.seen(rows) if self.masks else torch.ones(ids.shape, dtype=torch.long)).to(self.device)
        hidden = self.network(inputs_embeds=vectors, attention_mask=mask).last_hidden_state.float()
        return hidden * mask[..., None] if self.masks and self.blanks else hidden


def with_padding(encoder: TextEncoder, padding: Padding) -> TextEncoder:
    """The same text encoder, whose T5 is filled up otherwise; one without T5 is as it was."""
    if isinstance(encoder, T5TextEncoder):
        return replace(encoder, shortest=padding.shortest, after=padding.after)
    t5 = getattr(encoder, "t5", None)
    if isinstance(t5, T5TextEncoder) and is_dataclass(encoder) and not isinstance(encoder, type):
        return replace(encoder, t5=with_padding(t5, padding))
    return encoder
