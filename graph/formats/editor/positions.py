"""Lays the values of widgets, which the browser format keeps by position, beside the inputs they belong to.

A seed is followed by what happens to it after a run (`fixed`, `increment`, `decrement`, `randomize`; `true` and `false`
in the oldest files), a choice with that option by a filter as well; an upload button takes a place at the end. A choice
with inputs of its own is followed by those of the choice that was made. The rest is decided by looking at the values,
because files come from many versions.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.spec import InputSpec, Json

AFTER_RUN = frozenset({"fixed", "increment", "decrement", "randomize", "increment-wrap"})
"""What may happen to a value after each run."""

_SEEDS = frozenset({"seed", "noise_seed"})
_UPLOADS = frozenset({"image", "video", "audio", "upload", "", None})
"""What upload buttons leave in the list of values."""


@dataclass(slots=True)
class Aligned:
    """Values by the names of the inputs they belong to."""

    values: dict[str, Json] = field(default_factory=dict)
    after_run: dict[str, str] = field(default_factory=dict)
    """Input -> what happens to it after each run."""
    rest: list[Json] = field(default_factory=list)
    """Values that belong to no input."""
    misfits: list[str] = field(default_factory=list)
    """Inputs whose value is of the wrong kind, which means that something is out of place."""
    strangers: list[str] = field(default_factory=list)
    """Choices that are not in the list of choices: lists differ between versions."""
    missing: list[InputSpec] = field(default_factory=list)
    """Widgets for which no value was left."""

    @property
    def badness(self) -> int:
        """How much speaks against this reading; 0 is a perfect fit."""
        rest = sum(each not in _UPLOADS for each in self.rest if isinstance(each, str | None))
        rest += sum(not isinstance(each, str | None) for each in self.rest)
        needed = sum(each.required and not each.has_default for each in self.missing)
        return 10 * len(self.misfits) + 3 * rest + 2 * needed + len(self.strangers) + (len(self.missing) > 0)


def align(widgets: Sequence[InputSpec], children: Sequence[InputSpec], values: Sequence[Json]) -> Aligned:
    """Read `values` from the left, one widget after the other.

    Args:
        widgets: the widgets in the order in which the file has them.
        children: the inputs that exist only with some choice of another; they follow that choice.
        values: what the file holds.
    """
    aligned, end = align_some(widgets, children, values)
    aligned.rest = list(values[end:])
    return aligned


def align_some(
    widgets: Sequence[InputSpec], children: Sequence[InputSpec], values: Sequence[Json]
) -> tuple[Aligned, int]:
    """As `align`, where further values may belong to others; returns where they begin."""
    aligned = Aligned()
    waiting = deque(widgets)
    at = 0
    while waiting and at < len(values):
        spec = waiting.popleft()
        value = values[at]
        at += 1
        _take(aligned, spec, value)
        chosen = [each for each in children if value in each.only_for and _parent(each) == spec.name]
        waiting.extendleft(reversed(chosen))
        following = waiting[0] if waiting else None
        if at < len(values) and _is_after_run(spec, values[at], following):
            aligned.after_run[spec.name] = _word(values[at])
            at += 1
            if spec.type == "COMBO" and at < len(values) and values[at] in ("", None):
                at += 1  # the filter that narrows down a choice
    aligned.missing = list(waiting)
    return aligned, at


def fits(spec: InputSpec, value: Json) -> bool:
    """Whether a value is of the kind that an input takes."""
    if value is None:
        return True
    if spec.type in ("INT", "FLOAT"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if spec.type == "BOOLEAN":
        return isinstance(value, bool)
    if spec.type == "STRING":
        return isinstance(value, str)
    if spec.type == "COMBO":
        if spec.files is not None:
            return isinstance(value, str)
        kinds = {type(each) for each in spec.choices or ()} or {str, int, float, bool}
        return type(value) in kinds
    return True


def is_stranger(spec: InputSpec, value: Json) -> bool:
    """Whether a value is not among the choices."""
    return spec.type == "COMBO" and spec.choices is not None and value is not None and value not in spec.choices


def api_value(value: Json) -> Json:
    """A value as graphs write it: every list of two would be read as a link, so lists are wrapped."""
    return {"__value__": value} if isinstance(value, list) else value


def _take(aligned: Aligned, spec: InputSpec, value: Json) -> None:
    if value is None:
        return
    aligned.values[spec.name] = api_value(value)
    if not fits(spec, value):
        aligned.misfits.append(spec.name)
    elif is_stranger(spec, value):
        aligned.strangers.append(spec.name)


def _parent(child: InputSpec) -> str:
    return child.name.rpartition(".")[0]


def _is_after_run(spec: InputSpec, value: Json, following: InputSpec | None) -> bool:
    """Whether a value says what happens to the one before it, instead of belonging to the widget that follows."""
    if spec.type not in ("INT", "FLOAT", "COMBO"):
        return False
    declared = spec.control_after_generate or (spec.type == "INT" and spec.name.rpartition(".")[2] in _SEEDS)
    if isinstance(value, bool):
        return declared and (following is None or following.type != "BOOLEAN")
    if not isinstance(value, str) or value not in AFTER_RUN:
        return False
    if declared or following is None:
        return True
    return following.type in ("INT", "FLOAT", "BOOLEAN") or is_stranger(following, value)


def _word(value: Json) -> str:
    return value if isinstance(value, str) else "randomize" if value else "fixed"
