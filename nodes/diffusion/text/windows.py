"""Long prompts: tokens are cut into windows of the encoder's length, each with its own begin and end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torch import Tensor

from nodes.diffusion.text.vocabulary import Vocabulary

UNBROKEN = 8
"""Stretches of fewer tokens than this are not cut by the end of a window; they move to the next one."""


@dataclass(frozen=True)
class Token:
    """One position of a prompt: a token id, or a learnt vector (width,) in its place."""

    content: int | Tensor
    weight: float = 1.0


@dataclass(frozen=True)
class Window:
    """As many tokens as the encoder takes at once."""

    tokens: Sequence[Token]
    end: int
    """The position of the (first) end mark, where the whole text is summed up."""


def cut(stretches: Iterable[Sequence[Token]], vocabulary: Vocabulary) -> list[Window]:
    """Fill windows with the tokens of each stretch in turn; there is at least one window."""
    room = vocabulary.window - 2
    filled: list[list[Token]] = [[]]
    for stretch in stretches:
        rest = list(stretch)
        while len(filled[-1]) + len(rest) > room:
            fits = room - len(filled[-1]) if len(stretch) >= UNBROKEN else 0
            filled[-1] += rest[:fits]
            rest = rest[fits:]
            filled.append([])
        filled[-1] += rest
    return [_close(tokens, vocabulary) for tokens in filled]


def empty_window(vocabulary: Vocabulary) -> Window:
    """The window of a prompt without words."""
    return _close([], vocabulary)


def _close(tokens: Sequence[Token], vocabulary: Vocabulary) -> Window:
    padding = vocabulary.window - 2 - len(tokens)
    marked = [Token(vocabulary.begin), *tokens, Token(vocabulary.end), *[Token(vocabulary.pad)] * padding]
    return Window(marked, end=len(tokens) + 1)
