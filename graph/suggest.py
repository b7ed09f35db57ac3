"""Near names for a name that is not known: what somebody who mistyped may have meant."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

_LONGEST = 100  # characters; longer texts are no names
_CLOSE = 0.6  # share of matching characters from which two names are alike
_BUDGET = 100_000  # comparisons by one `Suggester`; keeps a document of nonsense from taking minutes


class Suggester:
    """Finds near names, until it has worked enough for one document."""

    def __init__(self, budget: int = _BUDGET) -> None:
        self._left = budget
        self._known: dict[tuple[str, int], tuple[str, ...]] = {}

    def nearest(self, name: object, candidates: Sequence[str], limit: int = 3) -> tuple[str, ...]:
        """As the function `nearest`; nothing once the budget is spent. Remembers, so pass the same sequences."""
        if not isinstance(name, str):
            return ()
        key = name, id(candidates)
        found = self._known.get(key)
        if found is None:
            self._left -= len(candidates)
            found = self._known[key] = nearest(name, candidates, limit) if self._left >= 0 else ()
        return found


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The candidates most like `name`, best first; none if nothing is like it.

    Capitals, spaces and punctuation do not count; a name that holds the other is near.
    """
    wanted = _plain(name)
    if not wanted or len(wanted) > _LONGEST:
        return ()
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    scored = [(_likeness(wanted, candidate, matcher), candidate) for candidate in candidates]
    best = sorted((each for each in scored if each[0] >= _CLOSE), key=lambda each: -each[0])
    return tuple(candidate for _, candidate in best[:limit])


def said(names: Sequence[str], most: int = 8) -> str:
    """Names as part of a sentence: `"a", "b" or "c"`."""
    shown = [f'"{name}"' for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1] if shown else "")))


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


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
