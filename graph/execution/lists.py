"""Mapping a node over lists: how often it runs, with which elements, and how the answers become outputs."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.cache.entry import Elements
from graph.spec import OutputSpec
from graph.values import Blocker

Inputs = Mapping[str, Elements]


def element_count(inputs: Inputs) -> int:
    """How often a node runs: as often as its longest input has elements; not at all if one has none."""
    count = 1
    for elements in inputs.values():
        if not elements:
            return 0
        if len(elements) > count:
            count = len(elements)
    return count


def element(inputs: Inputs, index: int) -> dict[str, Any]:
    """The inputs of one run; shorter inputs repeat their last element."""
    return {name: elements[index] if index < len(elements) else elements[-1] for name, elements in inputs.items()}


def whole(inputs: Inputs) -> dict[str, list[Any]]:
    """The inputs of a node that takes whole lists."""
    return {name: list(elements) for name, elements in inputs.items()}


def blocker_among(values: Mapping[str, Any]) -> Blocker | None:
    """The blocker that keeps a node from running with these inputs; one with a message goes before a silent one."""
    found: Blocker | None = None
    for value in values.values():
        if type(value) is Blocker and (found is None or found.message is None):
            found = value
    return found


def merge(answers: Sequence[tuple[Any, ...]], outputs: Sequence[OutputSpec]) -> tuple[Elements, ...]:
    """The elements of each slot: one per run, or for list outputs as many as each run gave."""
    if len(answers) == 1 and not any(each.is_list for each in outputs):
        return tuple(value.elements if type(value) is Spread else (value,) for value in answers[0])
    merged: list[Elements] = []
    for slot, spec in enumerate(outputs):
        elements: list[Any] = []
        for answer in answers:
            value = answer[slot]
            if isinstance(value, Spread):
                elements.extend(value.elements)
            elif spec.is_list and type(value) is not Blocker:
                elements.extend(value)
            else:
                elements.append(value)
        merged.append(tuple(elements))
    return tuple(merged)


class Spread:
    """Stands in an answer for all elements of a slot that an expansion's result links to."""

    __slots__ = ("elements",)

    def __init__(self, elements: Elements) -> None:
        self.elements = elements
