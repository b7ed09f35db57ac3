"""Near names for a name that is not known: what somebody who mistyped may have meant."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

_LONGEST = 100  # characters; longer texts are no names
_CLOSE = 0.7  # share of matching characters from which two names are alike
_ENDING = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|png|jpe?g|webp|json|latent)$")
_BUDGET = 100_000  # comparisons by one `Suggester`; keeps a document of nonsense from taking minutes


class Suggester:
    """Finds near names, until it has worked enough for one document."""

    def __init__(self, budget: int = _BUDGET) -> None:
        self._left = budget
        self._known: dict[tuple[str, int], tuple[Sequence[str], tuple[str, ...]]] = {}  # holds what the id belongs to

    def nearest(self, name: object, candidates: Sequence[str], limit: int = 3) -> tuple[str, ...]:
        """As the function `nearest`; nothing once the budget is spent. Remembers, so pass the same sequences."""
        if not isinstance(name, str):
            return ()
        key = name, id(candidates)
        if key not in self._known:
            self._left -= len(candidates)
            self._known[key] = candidates, nearest(name, candidates, limit) if self._left >= 0 else ()
        return self._known[key][1]


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The candidates most like `name`, best first; none if nothing is like it.

    Capitals, spaces and punctuation do not count, nor does the ending of a file name; a name that holds the other is
    near.
    """
    wanted = _plain(name)
    if not wanted or len(wanted) > _LONGEST:
        return ()
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    scored = [(_likeness(wanted, candidate, matcher), candidate) for candidate in candidates]
    best = sorted((each for each in scored if each[0] >= _CLOSE), key=lambda each: -each[0])
    same = [each for each in best if each[0] == 1.0]
    return tuple(candidate for _, candidate in (same or best)[:limit])


def said(names: Sequence[str], most: int = 8) -> str:
    """Names as part of a sentence: `"a", "b" or "c"`."""
    shown = [f'"{name}"' for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1] if shown else "")))


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, _ENDING.sub("", name.casefold())))


def _likeness(wanted: str, candidate: str, matcher: "SequenceMatcher[str]") -> float:
    other = _plain(candidate[:_LONGEST])
    if wanted == other:
        return 1.0
    shorter, longer = sorted((wanted, other), key=len)
    if len(shorter) >= 4 and shorter in longer:
        return 0.8 + 0.2 * len(shorter) / len(longer)
    matcher.set_seq1(other)
    if matcher.real_quick_ratio() < _CLOSE or matcher.quick_ratio() < _CLOSE:
        return 0.0
    return matcher.ratio()
