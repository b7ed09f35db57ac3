"""The size of pictures, and where it comes from: which input of which node."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from graph.spec import Json, Measure, SizeRule
from graph.topology import GraphNode, Link

Value = Callable[[Link], Json]
"""The value that an output gives, where that is known without running anything; else None."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The input that a length or a number of pictures comes from."""

    node: str
    input: str
    value: float


@dataclass(frozen=True, slots=True)
class Size:
    """Pictures of one size. Lengths are in pixels, for latents too."""

    width: float
    height: float
    count: float = 1
    """How many pictures or frames."""
    width_from: Origin | None = None
    height_from: Origin | None = None
    count_from: Origin | None = None

    @property
    def pixels(self) -> float:
        """The pixels of all pictures together."""
        return self.width * self.height * self.count


def size_after(rule: SizeRule, node: GraphNode, feeding: Mapping[str, Size], value: Value) -> Size | None:
    """The size of what a node gives; None if it cannot be known.

    Args:
        rule: how it follows from the inputs.
        node: whose it is.
        feeding: the sizes at its linked inputs, as far as they are known.
        value: gives the values of linked inputs that are numbers.
    """
    measures = _Measures(node, value)
    size = _base(rule, [feeding[name] for name in rule.like if name in feeding])
    size = _with_lengths(rule, size, measures)
    if size is None:
        return None
    return _with_scale(rule, _with_count(rule, size, measures), measures)


class _Measures:
    """The numbers that a rule names."""

    def __init__(self, node: GraphNode, value: Value) -> None:
        self._node = node
        self._value = value

    def of(self, measure: Measure | None) -> float | None:
        """The number; None if it is not known."""
        if not isinstance(measure, str):
            return measure
        link = self._node.links.get(measure)
        found = self._node.literals.get(measure) if link is None else self._value(link)
        return found if isinstance(found, int | float) and not isinstance(found, bool) else None

    def origin(self, measure: Measure | None, value: float) -> Origin | None:
        """Where the number comes from."""
        return Origin(self._node.id, measure, value) if isinstance(measure, str) else None


def _base(rule: SizeRule, sizes: Iterable[Size]) -> Size | None:
    found = list(sizes)
    if not found:
        return None
    largest = max(found, key=lambda size: size.pixels)
    return replace(largest, count=sum(each.count for each in found)) if rule.joins else largest


def _with_lengths(rule: SizeRule, size: Size | None, measures: _Measures) -> Size | None:
    if rule.width is None and rule.height is None:
        return size
    width, height = measures.of(rule.width), measures.of(rule.height)
    if size is not None and not width and height:
        width = size.width * height / size.height if size.height else 0
    elif size is not None and width and not height:
        height = size.height * width / size.width if size.width else 0
    if not width or not height:
        return size
    made = Size(
        width, height, width_from=measures.origin(rule.width, width), height_from=measures.origin(rule.height, height)
    )
    return made if size is None else replace(made, count=size.count, count_from=size.count_from)


def _with_count(rule: SizeRule, size: Size, measures: _Measures) -> Size:
    for index, measure in enumerate(rule.count):
        number = measures.of(measure)
        if number is not None:
            count = number if index == 0 else size.count * number
            is_main = size.count_from is None or number > size.count_from.value
            origin = measures.origin(measure, number) if is_main else size.count_from
            size = replace(size, count=count, count_from=origin)
    most = measures.of(rule.at_most)
    if most is not None and most < size.count:
        size = replace(size, count=most, count_from=measures.origin(rule.at_most, most))
    times = measures.of(rule.times)
    if times is not None:
        size = replace(size, count=size.count * times, count_from=measures.origin(rule.times, times))
    return size


def _with_scale(rule: SizeRule, size: Size, measures: _Measures) -> Size:
    scale = measures.of(rule.scale)
    if scale is not None:
        origin = measures.origin(rule.scale, scale) if scale > 1 else None
        size = replace(
            size,
            width=size.width * scale,
            height=size.height * scale,
            width_from=origin or size.width_from,
            height_from=origin or size.height_from,
        )
    wider = sum(measures.of(each) or 0 for each in rule.wider)
    higher = sum(measures.of(each) or 0 for each in rule.higher)
    return replace(size, width=size.width + wider, height=size.height + higher) if wider or higher else size
