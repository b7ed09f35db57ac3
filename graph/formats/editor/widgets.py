"""The values of a node's widgets by name, for node types that are known and for those that are not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graph.datatypes import WIDGET_TYPES
from graph.formats.editor.parts import EditorNode
from graph.formats.editor.positions import Aligned, align, api_value, fits, is_stranger
from graph.spec import InputSpec, Json, NodeSpec


@dataclass(slots=True)
class Widgets:
    """What the widgets of a node hold."""

    values: Mapping[str, Json] = field(default_factory=dict)
    after_run: Mapping[str, str] = field(default_factory=dict)
    rest: Json = None
    """Values that belong to no input, as the file holds them; None if there are none."""
    doubt: str = ""
    """What is uncertain, as a sentence."""
    is_lost: bool = False
    """Whether values could not be given to inputs."""


def widgets_of(spec: NodeSpec, marked: Iterable[str] = ()) -> list[InputSpec]:
    """The widgets of a node type in the order of the browser: required ones first. `marked` are further inputs that
    a file calls widgets.
    """
    names = set(marked)
    found = [each for each in spec.inputs if not each.only_for and is_widget(each, names)]
    for each in spec.inputs:
        if each.autogrow is not None:
            grown = (name for name in marked if name.rpartition(".")[0] == each.name)
            found += [each.model_copy(update={"name": name, "autogrow": None, "required": False}) for name in grown]
    return sorted(found, key=lambda each: not each.required)


def children_of(spec: NodeSpec) -> list[InputSpec]:
    """The widgets that exist only with some choice of another."""
    return [each for each in spec.inputs if each.only_for and is_widget(each, ())]


def is_widget(spec: InputSpec, marked: Iterable[str]) -> bool:
    """Whether the browser shows a widget for an input."""
    if spec.autogrow is not None or spec.socket_only or spec.raw_link:
        return False
    return spec.type in WIDGET_TYPES or spec.name in marked or spec.has_default  # such as a colour or a curve


def read_widgets(spec: NodeSpec, node: EditorNode) -> Widgets:
    """The values of a node whose type is known."""
    if isinstance(node.values, dict):
        return _by_name(spec, node, node.values)
    values = node.values if isinstance(node.values, list) else []
    if not values and node.named:
        return _by_name(spec, node, node.named)
    best = _best(_readings(spec, node, values))
    if node.named and (best.misfits or best.badness >= 3):
        return _by_name(spec, node, node.named)
    doubts = [*_doubts(best), *_disagreement(best, node)]
    filled = {each.name: each.choices[0] for each in best.missing if _needs_choice(each) and each.choices}
    doubts += [f'{name} is not in the file; the first choice, "{value}", was taken' for name, value in filled.items()]
    return Widgets({**best.values, **filled}, best.after_run, _kept(best.rest), "; ".join(doubts))


def guess_widgets(node: EditorNode) -> Widgets:
    """The values of a node whose type is not known, as far as the file itself names them."""
    named = node.values if isinstance(node.values, dict) else node.named
    if named is not None:
        names = node.marked or frozenset(named)
        values = {name: api_value(value) for name, value in named.items() if name in names and value is not None}
        rest = {name: value for name, value in named.items() if name not in names}
        return Widgets(values, rest=rest or None)
    if not isinstance(node.values, list) or not node.values:
        return Widgets(is_lost=node.values not in (None, []), rest=node.values or None)
    widgets = [InputSpec(name=each.name, type=each.type) for each in node.inputs if each.widget is not None]
    aligned = align(widgets, (), node.values)
    if aligned.misfits or aligned.missing or aligned.badness:
        return Widgets(rest=node.values, is_lost=True)
    return Widgets(aligned.values, aligned.after_run, _kept(aligned.rest))


def _best(readings: Iterator[Aligned]) -> Aligned:
    """The first perfect reading, or the least bad one."""
    seen: list[Aligned] = []
    for each in readings:
        seen.append(each)
        if each.badness == 0:
            return each
    return min(seen, key=lambda each: each.badness)


def _readings(spec: NodeSpec, node: EditorNode, values: list[Json]) -> Iterator[Aligned]:
    """Ways to read the values, the most likely first: equal ones lose to earlier ones."""
    marked = [each.name for each in node.inputs if each.widget is not None]
    widgets, children = widgets_of(spec, marked), children_of(spec)
    yield align(widgets, children, values)
    declared = [each for each in spec.inputs if not each.only_for and is_widget(each, marked)]
    if declared != widgets:
        yield align(declared, children, values)
    by_name = {each.name: each for each in (*widgets, *children)}
    if marked:  # the order of the version that wrote the file
        yield align([by_name.get(name) or InputSpec(name=name, type="*") for name in marked], (), values)
    sockets = [each for each in spec.inputs if each.socket_only and each.type in WIDGET_TYPES]
    if sockets:  # files from before 2025 hold a value for sockets of widget types as well
        both = [each for each in spec.inputs if each in widgets or each in sockets]
        legacy = align([each.model_copy(update={"socket_only": False}) for each in both], children, values)
        for each in sockets:
            legacy.values.pop(each.name, None)
        yield legacy


def _by_name(spec: NodeSpec, node: EditorNode, named: Mapping[str, Json]) -> Widgets:
    """Values that the file holds by name."""
    specs = {each.name: each for each in (*widgets_of(spec, node.marked), *children_of(spec))}
    known = {name: value for name, value in named.items() if name in specs or name in node.marked}
    rest = {name: value for name, value in named.items() if name not in known}
    wrong = [name for name, value in known.items() if name in specs and not fits(specs[name], value)]
    doubt = f"the value of {', '.join(wrong)} is of the wrong kind; check it" if wrong else ""
    values = {name: api_value(value) for name, value in known.items() if value is not None}
    return Widgets(values, rest=rest or None, doubt=doubt)


def _doubts(best: Aligned) -> Iterator[str]:
    if best.misfits:
        names = ", ".join(best.misfits)
        yield f"its values do not fit its inputs ({names}); it was probably saved by another version: check them"
    elif _kept(best.rest) is not None:
        said = ", ".join(str(each)[:40] for each in best.rest)
        yield f"it holds more values than inputs ({said}); they were kept in the layout: check the others"


def _disagreement(best: Aligned, node: EditorNode) -> Iterator[str]:
    """Inputs whose value by name differs from the one by position, which goes first as in the browser."""
    for name, value in best.values.items():
        if node.named is not None and name in node.named and api_value(node.named[name]) != value:
            yield f"the file holds two values for {name}; {str(value)[:40]!r} was taken, not {node.named[name]!r:.40}"


def _needs_choice(spec: InputSpec) -> bool:
    return spec.type == "COMBO" and spec.required and not spec.has_default and spec.files is None


def _kept(rest: list[Json]) -> Json:
    """Left-over values that are worth keeping: not those of buttons."""
    return rest if any(each not in ("", None, "image", "video", "audio", "upload") for each in rest) else None


__all__ = ["Widgets", "guess_widgets", "is_stranger", "is_widget", "read_widgets", "widgets_of"]
