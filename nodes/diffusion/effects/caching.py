"""Leaving out calls of a network whose answer would hardly differ from the one before.

Zhou et al., 2025, "Less is Enough: Training-Free Video Diffusion Acceleration via Runtime-Adaptive Caching"
("EasyCache"): the output of a network changes about in proportion to its input (section 3.2). So the change of an
output is known, as far as one can tell, before it is computed, and while the sum of such changes is small, the offset
of the last output from its input is added to the new input instead (algorithm 1).

What is remembered belongs to one run of one model, and to one part of the batch at one size: everything else is
computed.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from nodes.diffusion.effects.base import Asked, Effect, NetworkCall, Numbers, Predict
from nodes.diffusion.guidance.calls import PART

EVERY = 8
"""Of the rows and columns of a latent, one in so many is compared."""
Rows = tuple[tuple[int, ...], ...]
"""A part of a batch: the number of the part and of the item, for each of its rows."""
logger = logging.getLogger(__name__)


class Drift:
    """How far an output has moved since it was computed, as far as its input tells.

    Args:
        threshold: up to which share of its size it may have moved to be used again.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._known: tuple[Tensor, Tensor] | None = None
        self._shape = torch.Size()
        self._size = 0.0
        self._rate: float | None = None
        self.distance = 0.0
        """Since the last output that was computed, in shares of its size."""

    def is_small(self, x: Tensor) -> bool:
        """Whether the output for an input may be taken for the last one; counts it as a step on the way."""
        if self._known is None or self._rate is None or self._shape != x.shape:
            return False
        self.distance += self._rate * _distance(thinned(x), self._known[0]) / max(self._size, 1e-12)
        if self.distance < self._threshold:
            return True
        self.distance = 0.0
        return False

    def note(self, x: Tensor, output: Tensor, *, size: float | None = None, is_compared: bool = True) -> None:
        """Learn from an output that was computed.

        Args:
            x: the input.
            output: what it gave, in the shape of the input.
            size: what its movements are measured by; None is its own mean size.
            is_compared: whether how fast outputs move is learned too.
        """
        seen = thinned(x).clone(), thinned(output).clone()
        if self._known is not None and self._shape == x.shape and is_compared:
            moved = _distance(seen[0], self._known[0])
            if moved > 0:
                self._rate = _distance(seen[1], self._known[1]) / moved
        self._known, self._shape = seen, x.shape
        self._size = float(output.abs().mean()) if size is None else size


class CallSaving(Effect):
    """What both kinds know: when they apply, and what they tell about it.

    Their numbers: `threshold`, `start` and `end` (0..1), `is_verbose`.
    """

    works_on = "any"
    title = ""

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self.drift = Drift(float(numbers["threshold"]))
        self.highest, self.lowest = (percent_to_sigma(float(numbers[name])) for name in ("start", "end"))
        self.steps = self.skipped = 0

    def notes(self) -> Sequence[str]:
        """How many steps were saved."""
        return (f"{self.title} skipped {self.skipped} of {self.steps} steps.",) if self.steps else ()

    def is_past(self, sigma: float) -> bool:
        """Whether the end has come: nothing is saved or remembered any more."""
        return sigma <= self.lowest

    def may_skip(self, x: Tensor, sigma: float) -> bool:
        """Whether the step at a noise level may be left out; asked once a step."""
        self.steps += 1
        is_left_out = self.lowest < sigma <= self.highest and self.drift.is_small(x)
        self.skipped += is_left_out
        if self.numbers["is_verbose"]:
            done = "skipped" if is_left_out else "computed"
            logger.info("%s: noise level %.4g %s, moved by %.3f", self.title, sigma, done, self.drift.distance)
        return is_left_out


class EasyCache(CallSaving):
    """Leaves out calls of the network; the first part of the batch decides for all."""

    title = "EasyCache"
    tells_parts = True

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self._offsets: dict[Rows, Tensor] = {}
        self._leader: Rows = ()
        self._decided = (-1.0, False)
        """At which noise level was decided last, and whether to leave its calls out."""

    def around_call(self, call: NetworkCall, asked: Asked) -> Tensor:
        """The output, or the input with the last offsets; what others disturb is computed and not remembered."""
        if not asked.is_usual:
            return call(asked)
        rows = _rows_by_part(asked.told[PART])
        leads = self._leads(rows, asked.sigma)
        if leads:
            self._decided = asked.sigma, self.may_skip(asked.x[rows[self._leader]], asked.sigma)
        if self._decided == (asked.sigma, True) and self._knows(rows, asked.x):
            return self._moved(rows, asked.x)
        output = call(asked)
        if not self.is_past(asked.sigma):
            self._offsets |= {part: output[place] - asked.x[place] for part, place in rows.items()}
            if leads and asked.sigma <= self.highest:
                place = rows[self._leader]
                self.drift.note(asked.x[place], output[place], size=float(output.abs().mean()))
        return output

    def _leads(self, rows: Mapping[Rows, Tensor], sigma: float) -> bool:
        """Whether the part that decides is among these; where it is gone, another begins anew in its place."""
        if self._leader not in rows and self._decided[0] != sigma:
            self._leader, self._offsets = next(iter(rows)), {}
            self.drift = Drift(float(self.numbers["threshold"]))
        return self._leader in rows

    def _knows(self, rows: Mapping[Rows, Tensor], x: Tensor) -> bool:
        return all(part in self._offsets and self._offsets[part].shape == x[at].shape for part, at in rows.items())

    def _moved(self, rows: Mapping[Rows, Tensor], x: Tensor) -> Tensor:
        output = torch.empty_like(x)
        for part, place in rows.items():
            output[place] = x[place] + self._offsets[part].to(x)
        return output


class LazyCache(CallSaving):
    """Leaves out whole steps: what guidance gave last is used again."""

    title = "LazyCache"

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self._offset: Tensor | None = None

    def around_guided(self, predict: Predict, x: Tensor, sigma: Tensor) -> Tensor:
        """The guided prediction, or the noisy latent with the last offset."""
        level = float(sigma)
        if self.may_skip(x, level) and self._offset is not None:
            return x + self._offset
        guided = predict(x, sigma)
        if not self.is_past(level):
            self.drift.note(x, guided, is_compared=level <= self.highest)
            self._offset = guided - x
        return guided


def thinned(latent: Tensor) -> Tensor:
    """One in `EVERY` of the rows and columns."""
    return latent[..., ::EVERY, ::EVERY]


def _distance(first: Tensor, second: Tensor) -> float:
    return float((first.float() - second.float()).abs().mean())


def _rows_by_part(numbers: Tensor) -> dict[Rows, Tensor]:
    """Which rows of a batch belong to each part of it, in their order; memory may have divided a part."""
    by_row = [tuple(each) for each in numbers.tolist()]
    parts = dict.fromkeys(part for part, _ in by_row)
    places = {part: [row for row, each in enumerate(by_row) if each[0] == part] for part in parts}
    return {tuple(by_row[row] for row in rows): torch.tensor(rows) for rows in places.values()}
