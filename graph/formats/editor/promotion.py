"""Widgets inside of subgraphs that are shown, and set, on the nodes that stand for them.

Three generations of files say so differently: an input of the subgraph that leads into a widget, with the values by
position on the node; `properties.proxyWidgets`, a list of `[node inside, widget]` whose values stand at the same places
of `widgets_values` where the node itself holds them (`-1` means an input of the subgraph); and again the first.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from graph.errors import JsonError
from graph.formats.editor.parts import EditorFile, EditorNode
from graph.formats.editor.positions import align, api_value, fits
from graph.formats.editor.raw import as_list, as_text, objects
from graph.formats.editor.widgets import Widgets
from graph.formats.editor.world import Host, Promotion, World
from graph.spec import InputSpec, Json
from graph.strict_json import loads

OF_SUBGRAPH = "-1"
"""In place of a node inside: an input of the subgraph itself."""

_PREFIX = re.compile(r"\s*(\d+)\s*:\s*(.+)", re.DOTALL)
_AFTER_RUN_WIDGET = "control_after_generate"


def promotions_of(node: EditorNode) -> list[Promotion]:
    """The widgets that a node which stands for a subgraph shows, in their order."""
    raw = node.properties.get("proxyWidgets")
    if isinstance(raw, str):
        raw = _parsed(raw)
    return [
        Promotion(*[as_text(part) for part in each[:3]]) if isinstance(each, list) and len(each) >= 2 else _NOTHING
        for each in as_list(raw)
    ]


_NOTHING = Promotion("", "")


def wanted_promotions(file: EditorFile) -> dict[str, list[Promotion]]:
    """Definition -> the widgets inside that the nodes which stand for it show, besides its inputs."""
    graphs = [file.graph, *(each.graph for each in file.definitions.values())]
    wanted: dict[str, dict[Promotion, None]] = {}
    for node in (node for graph in graphs for node in graph.nodes.values() if node.type in file.definitions):
        for each in promotions_of(node):
            if each.node not in ("", OF_SUBGRAPH) and not is_no_value(each.widget):
                wanted.setdefault(node.type, {})[each] = None
    return {type_id: list(each) for type_id, each in wanted.items()}


def is_no_value(widget: str) -> bool:
    """Whether a shown widget holds no value of an input: previews, and what happens after a run."""
    return widget.startswith("$$") or widget == _AFTER_RUN_WIDGET


def spellings(promotion: Promotion) -> Iterator[Promotion]:
    """A promotion as it stands, then as older files mean it: `12: seed` is the widget seed of node 12 further in."""
    yield promotion
    node, widget, origin = promotion
    while (match := _PREFIX.fullmatch(widget)) is not None:
        origin, widget = match.groups()
        yield Promotion(node, widget, origin)
        yield Promotion(node, widget)


def host_values(world: World, node: EditorNode) -> Widgets:
    """The values that a node which stands for a subgraph sets; the others are as they are inside."""
    hosts = world.hosts.get(node.type, ())
    if isinstance(node.values, dict):
        return _by_name(hosts, node.values)
    values = node.values if isinstance(node.values, list) else []
    promotions = promotions_of(node)
    if promotions:
        return _by_place(world, node, promotions, values)
    widgets = [_widget(each) for each in hosts if each.widget is not None or each.name in node.marked]
    aligned = align(widgets, (), values)
    if node.named and (not values or aligned.misfits or aligned.rest):
        return _by_name(hosts, node.named)
    aligned.values |= _set_aside(node, hosts)
    doubt = f"its values do not fit its inputs ({', '.join(aligned.misfits)}); check them" if aligned.misfits else ""
    rest = aligned.rest if any(each is not None for each in aligned.rest) else None
    return Widgets(aligned.values, aligned.after_run, rest, doubt)


def _set_aside(node: EditorNode, hosts: Iterable[Host]) -> dict[str, Json]:
    """Values of inputs that the browser could not place when it brought the file up to date, and uses all the same."""
    names = {each.name for each in hosts}
    found: dict[str, Json] = {}
    for each in objects(node.properties.get("proxyWidgetErrorQuarantine")):
        entry = as_list(each.get("originalEntry"))
        name = as_text(entry[1]) if len(entry) >= 2 and as_text(entry[0]) == OF_SUBGRAPH else ""
        if name in names and "hostValue" in each:
            found[name] = api_value(each["hostValue"])
    return found


def _by_place(world: World, node: EditorNode, promotions: list[Promotion], values: list[Json]) -> Widgets:
    names = world.promoted.get(node.type, {})
    host_by_name = {each.name: each for each in world.hosts.get(node.type, ())}
    found: dict[str, Json] = {}
    after_run: dict[str, str] = {}
    rest: list[Json] = []
    doubts: list[str] = []
    last = ""
    for promotion, value in zip(promotions, values, strict=False):
        name = promotion.widget if promotion.node in (OF_SUBGRAPH, "") else names.get(promotion, "")
        if promotion.widget == _AFTER_RUN_WIDGET and last and isinstance(value, str):
            after_run[last] = value
        elif name in host_by_name and value is not None:
            found[name] = api_value(value)
            if not fits(_widget(host_by_name[name]), value):
                doubts.append(f"the value of {name} is of the wrong kind; check it")
        elif value is not None and not is_no_value(promotion.widget):
            rest.append(value)
            doubts.append(f"the value of {promotion.widget} belongs to no input of the subgraph; set it inside")
        last = name
    left = [*rest, *(each for each in values[len(promotions) :] if each is not None)]
    return Widgets(found, after_run, left or None, "; ".join(doubts))


def _by_name(hosts: Iterable[Host], named: Mapping[str, Json]) -> Widgets:
    names = {each.name for each in hosts}
    rest = {name: value for name, value in named.items() if name not in names}
    found = {name: api_value(value) for name, value in named.items() if name in names and value is not None}
    return Widgets(found, rest=rest or None)


def _widget(host: Host) -> InputSpec:
    spec = host.widget or InputSpec(name=host.name, type="*")
    return spec.model_copy(update={"name": host.name, "only_for": ()})


def _parsed(text: str) -> Json:
    try:
        return loads(text)
    except JsonError:
        return None
