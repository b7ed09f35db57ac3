"""Nodes that choose, and combine yes and no."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.datatypes import AnyValue, Socket
from graph.node import Grow, Widget, node

Conditions = Annotated[
    dict[str, AnyValue],
    Grow(tuple(f"value{number}" for number in range(10)), minimum=1),
    Field(description="Values; 0, an empty text, an empty list and no count as no, all else as yes."),
]


_ABSENT = object()


def _chosen_side(switch: bool, on_false: object = None, on_true: object = None) -> Sequence[str]:
    name, value = ("on_true", on_true) if switch else ("on_false", on_false)
    return [name] if value is None else []


class Chosen(NamedTuple):
    """The side that the switch chose."""

    output: AnyValue


@node(
    "ComfySwitchNode",
    title="Switch",
    category="utils/logic",
    occupies="instant",
    experimental=True,
    needs=_chosen_side,
)
def switch_node(
    switch: Annotated[bool, Field(description="Which side to take.")],
    on_false: Annotated[AnyValue, Field(description="The result if the switch is off."), Widget(lazy=True)],
    on_true: Annotated[AnyValue, Field(description="The result if the switch is on."), Widget(lazy=True)],
) -> Chosen:
    """Pass on one of two values; what only the other side needs is never computed."""
    return Chosen(on_true if switch else on_false)


def _soft_side(switch: bool, on_false: object = _ABSENT, on_true: object = _ABSENT) -> Sequence[str]:
    if _ABSENT in (on_false, on_true):
        switch = on_false is _ABSENT
    return _chosen_side(switch, on_false, on_true)


def _one_side_is_there(*, on_false: object = _ABSENT, on_true: object = _ABSENT) -> bool | str:
    both = on_false is _ABSENT and on_true is _ABSENT
    return "link on_false or on_true: a switch without sides has no result" if both else True


@node(
    "ComfySoftSwitchNode",
    title="Soft switch",
    category="utils/logic",
    occupies="instant",
    experimental=True,
    needs=_soft_side,
    check=_one_side_is_there,
)
def soft_switch_node(
    switch: Annotated[bool, Field(description="Which side to take.")],
    on_false: Annotated[AnyValue, Field(description="The result if the switch is off."), Widget(lazy=True)] = None,
    on_true: Annotated[AnyValue, Field(description="The result if the switch is on."), Widget(lazy=True)] = None,
) -> Chosen:
    """Pass on one of two values, or the one that is there; what is not needed is never computed."""
    chosen, other = (on_true, on_false) if switch else (on_false, on_true)
    return Chosen(other if chosen is None else chosen)


@node("ComfyAndNode", title="And", category="utils/logic", occupies="instant")
def and_node(values: Conditions) -> bool:
    """Say whether all values are yes."""
    return all(map(is_true, values.values()))


@node("ComfyOrNode", title="Or", category="utils/logic", occupies="instant")
def or_node(values: Conditions) -> bool:
    """Say whether some value is yes."""
    return any(map(is_true, values.values()))


@node("ComfyNotNode", title="Not", category="utils/logic", occupies="instant")
def not_node(value: Annotated[AnyValue, Field(description="Any value.")]) -> bool:
    """Say whether a value is no, 0 or empty."""
    return not is_true(value)


@node("InvertBooleanNode", title="Invert boolean", category="utils/logic", occupies="instant")
def invert_boolean(boolean: Annotated[bool, Field(description="Yes or no.")]) -> bool:
    """Turn yes into no and no into yes."""
    return not boolean


class Choice(NamedTuple):
    """What was chosen."""

    STRING: str
    INDEX: Annotated[int, Field(description="Its place in the list, from 0.")]


@node("CustomCombo", title="Custom combo", category="utils", occupies="instant", experimental=True)
def custom_combo(
    choice: Annotated[str, Socket("COMBO"), Field(description="One of a list that you write yourself.")],
    **options: object,
) -> Choice:
    """Choose from a list of your own.

    Documents hold the list beside the choice, as `option1`, `option2` and so on, or the place of the choice as `index`.
    """
    index = options.get("index")
    if not isinstance(index, int):
        texts = [options.get(f"option{number}") for number in range(1, len(options) + 1)]
        index = texts.index(choice) if choice in texts else 0
    return Choice(choice, index)


def is_true(value: object) -> bool:
    """Whether a value counts as yes. What has no truth of its own, such as a picture, is there, and so it does."""
    try:
        return bool(value)
    except (RuntimeError, ValueError):  # tensors and arrays of several numbers
        return True
