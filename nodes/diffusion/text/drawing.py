"""Which token comes next: the likeliest, or one that is drawn from those that are likely."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Drawing:
    """How a token is drawn.

    Attributes:
        seed: of the whole text; the same seed draws the same text.
        temperature: above 0; more is bolder, 1 draws as the model was trained.
        top_k: only the likeliest so many may be drawn; 0 allows all.
        top_p: only the likeliest may be drawn that together have this probability (Holtzman et al., 2019, "The Curious
            Case of Neural Text Degeneration", section 3.1); 1 allows all.
        min_p: only those that are at least this share as likely as the likeliest (Nguyen et al., 2024, "Turning Up the
            Heat"); 0 allows all.
        repetition_penalty: what the score of every token that stands in the text already is divided by (Keskar et al.,
            2019, "CTRL", section 4.1); 1 leaves it.
        presence_penalty: what is taken off the score of such a token.
    """

    seed: int = 0
    temperature: float = 0.7
    top_k: int = 64
    top_p: float = 0.95
    min_p: float = 0.05
    repetition_penalty: float = 1.05
    presence_penalty: float = 0.0


class Drawer:
    """Chooses one token after the other; without a drawing always the likeliest."""

    def __init__(self, drawing: Drawing | None) -> None:
        self._drawing = drawing
        # on the CPU, so that a seed draws the same everywhere
        self._generator = torch.Generator().manual_seed(drawing.seed) if drawing is not None else None

    def choose(self, scores: Tensor, text: Iterable[int]) -> int:
        """The next token.

        Args:
            scores: (words,) logarithms of unnormalised probabilities.
            text: the tokens so far.
        """
        if self._drawing is None:
            return int(scores.argmax())
        chances = probabilities(scores.float().cpu(), text, self._drawing)
        return int(torch.multinomial(chances, 1, generator=self._generator))


def probabilities(scores: Tensor, text: Iterable[int], drawing: Drawing) -> Tensor:
    """How likely each token (words,) is to be drawn."""
    scores = _penalised(scores, text, drawing) / drawing.temperature
    if 0 < drawing.top_k < len(scores):
        scores = scores.masked_fill(scores < scores.topk(drawing.top_k).values[-1], -torch.inf)
    if drawing.top_p < 1:
        rising, order = scores.sort()
        is_rare = rising.softmax(0).cumsum(0) <= 1 - drawing.top_p
        is_rare[-1] = False  # the likeliest stays
        scores = scores.masked_fill(torch.zeros_like(is_rare).scatter(0, order, is_rare), -torch.inf)
    chances = scores.softmax(0)
    if drawing.min_p > 0:
        chances = chances.masked_fill(chances < drawing.min_p * chances.max(), 0.0)
    return chances / chances.sum()


def _penalised(scores: Tensor, text: Iterable[int], drawing: Drawing) -> Tensor:
    """The scores, lower where the text has the token already."""
    present = torch.tensor(sorted(set(text)), dtype=torch.long)
    if not len(present):
        return scores
    own = scores[present]
    own = torch.where(own < 0, own * drawing.repetition_penalty, own / drawing.repetition_penalty)
    return scores.index_copy(0, present, own - drawing.presence_penalty)
