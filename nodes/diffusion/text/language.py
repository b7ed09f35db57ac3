"""Language models that read a prompt inside of a conversation, as newer diffusion models want it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.weights import Part, unchanged
from nodes.diffusion.text.encoder import text_for, weigh
from nodes.diffusion.text.prompt import Stretch, parse
from nodes.diffusion.text.unigram import LanguageVocabulary
from nodes.diffusion.text.windows import Token
from nodes.diffusion.types import Encoded, FindEmbedding, Text

PROMPT = "{}"
"""Where a template has the prompt."""
NOTHING = 0
"""The token that fills up a text of no words."""
PICTURE = "<|image_pad|>"
"""Where a text has a picture."""


class Looked(NamedTuple):
    """A picture as tokens, row by row.

    Attributes:
        tokens: (rows · columns, width) float32 on the CPU.
        rows: of tokens.
        columns: of tokens.
        deeper: as `tokens`, what is added to the results of the first layers, one after the other.
    """

    tokens: Tensor
    rows: int
    columns: int
    deeper: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class LanguageStyle:
    """How a family reads its language model.

    Attributes:
        template: the conversation around the prompt, which stands for `{}`.
        layers: whose results are read, side by side; 0 is the token vectors, -1 the last layer.
        is_normed: whether the last norm is applied.
        skipped: how many tokens of the template's beginning are left out of the result.
        length: the result is filled up to so many tokens.
        pad: what fills it up at the end: a token; None puts zeros before it.
        is_weighed: whether parentheses and numbers in a prompt are weights; else they are words.
    """

    template: str
    layers: tuple[int, ...] = (-1,)
    is_normed: bool = False
    skipped: int = 0
    length: int = 0
    pad: str | None = None
    is_weighed: bool = False

    def depth(self, count: int) -> int:
        """How many of `count` layers are needed."""
        return max(min(layer, count) if layer >= 0 else count + 1 + layer for layer in self.layers)


@dataclass(frozen=True)
class LanguageTextEncoder:
    """A language model on its device; see `nodes.diffusion.types.TextEncoder`.

    Most read prompts as they stand: parentheses and numbers are words to them, as everywhere in the ecosystem.

    Attributes:
        network: as deep as `style` reads it.
        vocabulary: turns text into tokens.
        device: where it is.
        dtype: what it computes in.
        style: how it is read.
        name: which of a family's text encoders it is.
    """

    network: nn.Module
    vocabulary: LanguageVocabulary
    device: torch.device
    dtype: torch.dtype
    style: LanguageStyle
    name: str

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {self.name: Part(self.network, unchanged(self.network.state_dict()))}

    @torch.no_grad()
    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt; it has no textual inversions."""
        words = text_for(text, self.name)
        if self.style.is_weighed:
            return Encoded(self._weighed(parse(words)), None)
        ids = self.vocabulary.ids(self.style.template.replace(PROMPT, words))
        read = len(ids)
        if self.style.pad is not None:
            ids = ids + self.vocabulary.ids(self.style.pad) * (self.style.length - read)
        mask = (torch.arange(len(ids)) < read).long()[None].to(self.device)
        found = self._results(torch.tensor([ids], device=self.device), mask)
        hidden = torch.cat(found, dim=-1)[:, self.style.skipped :].float().cpu()
        if self.style.pad is None:
            hidden = functional.pad(hidden, (0, 0, max(0, self.style.length - hidden.shape[1]), 0))
        return Encoded(hidden, None)

    @torch.no_grad()
    def encode_among(self, text: str, pictures: Sequence[Looked], style: LanguageStyle) -> Encoded:
        """Encode a prompt with pictures in it.

        Args:
            text: has `PICTURE` where each picture stands; or the style's template has.
            pictures: in their order.
            style: how the text is read.

        Raises:
            DiffusionError: there are more or fewer places than pictures.
        """
        ids, (mark,) = self.vocabulary.ids(style.template.replace(PROMPT, text)), self.vocabulary.ids(PICTURE)
        if ids.count(mark) != len(pictures):
            raise DiffusionError(
                f"The prompt has places for {ids.count(mark)} pictures, but there are {len(pictures)}."
            )
        network: Any = self.network
        words = network.embed_tokens(torch.tensor(ids, device=self.device))
        embedded, places = with_pictures(words, [token == mark for token in ids], pictures)
        output: Any = network(
            inputs_embeds=embedded[None],
            attention_mask=torch.ones(1, len(embedded), dtype=torch.long, device=self.device),
            position_ids=places[:, None].to(self.device),
            output_hidden_states=True,
            use_cache=False,
        )
        return Encoded(output.hidden_states[-1][:, style.skipped :].float().cpu(), None)

    def _weighed(self, stretches: Sequence[Stretch]) -> Tensor:
        """The result of a prompt with weights, which move it away from that of no words, as for CLIP."""
        before, after = (self.vocabulary.ids(part) for part in self.style.template.split(PROMPT))
        words = [Token(number, each.weight) for each in stretches for number in self.vocabulary.ids(each.text)]
        tokens = [*map(Token, before), *words, *map(Token, after)]
        read = len(tokens)
        pad = NOTHING if self.style.pad is None else self.vocabulary.ids(self.style.pad)[0]
        tokens += [Token(pad)] * (self.style.length - read)
        rows = [[token.content for token in tokens], [*before, *[pad] * (len(tokens) - len(before))]]
        mask = (torch.arange(len(tokens)) < torch.tensor([[read], [len(before)]])).long()
        count = 2 if any(token.weight != 1.0 for token in words) else 1
        ids = torch.tensor(rows[:count], device=self.device)
        hidden = torch.cat(self._results(ids, mask[:count].to(self.device)), dim=-1).float().cpu()
        return weigh(hidden[:1], hidden[1], [tokens]) if count == 2 else hidden

    def _results(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        output: Any = self.network(input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False)
        # The network ends with the deepest layer that is read, so that a layer from the end is the last one here.
        return [output.hidden_states[layer if layer >= 0 else -1] for layer in self.style.layers]


def with_pictures(words: Tensor, marks: Sequence[bool], pictures: Sequence[Looked]) -> tuple[Tensor, Tensor]:
    """Words (tokens, width) with pictures in place of the marked ones, and time, row and column of each (3, tokens).

    A text goes on where the longer side of a picture ends.
    """
    parts, places, begin = [], [], 0
    following = iter(pictures)
    for word, is_picture in zip(words.split(1), marks, strict=True):
        if not is_picture:
            parts.append(word)
            places.append(torch.full((3, 1), begin))
            begin += 1
            continue
        picture = next(following)
        parts.append(picture.tokens.to(words))
        places.append(begin + _grid(picture.rows, picture.columns))
        begin += max(picture.rows, picture.columns)
    return torch.cat(parts), torch.cat(places, dim=1)


def _grid(rows: int, columns: int) -> Tensor:
    """Time, row and column of each token of a picture (3, rows · columns)."""
    by_row, by_column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return torch.stack([torch.zeros_like(by_row), by_row, by_column]).flatten(1)
