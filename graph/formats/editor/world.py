"""What is known about a file while it is being converted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.formats.editor.parts import EditorDefinition, EditorFile, EditorGraph, EditorNode
from graph.formats.editor.report import Report, Severity
from graph.formats.editor.widgets import is_widget
from graph.formats.editor.wiring import Passage, Wiring
from graph.registry import Catalogue
from graph.spec import InputSpec


class Promotion(NamedTuple):
    """A widget inside of a subgraph that is shown on the nodes that stand for it."""

    node: str
    """The node inside, or `-1` for an input of the subgraph itself."""
    widget: str
    origin: str = ""
    """Where several nodes further inside have such a widget: which one."""


@dataclass(frozen=True, slots=True)
class Host:
    """An input of a converted definition."""

    name: str
    to: tuple[tuple[str, str], ...]
    widget: InputSpec | None
    """What its widget takes; None if it is a socket, or not known."""


@dataclass(slots=True)
class World:
    """A file, the node types there are, and the definitions that are converted already."""

    file: EditorFile
    catalogue: Catalogue
    report: Report
    wanted: Mapping[str, Sequence[Promotion]] = field(default_factory=dict)
    """Definition -> the widgets that nodes which stand for it show."""
    passages: dict[str, list[Passage]] = field(default_factory=dict)
    hosts: dict[str, tuple[Host, ...]] = field(default_factory=dict)
    promoted: dict[str, dict[Promotion, str]] = field(default_factory=dict)
    """Definition -> shown widget -> the input that sets it."""

    def definition(self, node: EditorNode) -> EditorDefinition | None:
        """The definition that a node stands for."""
        return self.file.definitions.get(node.type)

    def wiring(self, graph: EditorGraph, input_node: str = "") -> Wiring:
        """The links of one graph of the file."""
        types = {node.type for node in graph.nodes.values()}
        unknown = {each for each in types if each not in self.file.definitions and self.catalogue.find(each) is None}
        return Wiring(graph, input_node, self.passages, unknown)

    def widget_inside(self, graph: EditorGraph, node_id: str, name: str) -> InputSpec | None:
        """What is known of the widget of a node; None if it has none of that name."""
        node = graph.nodes.get(node_id)
        if node is None:
            return None
        if node.type in self.file.definitions:
            return next((each.widget for each in self.hosts.get(node.type, ()) if each.name == name), None)
        spec = self.catalogue.find(node.type)
        found = spec.input(name) if spec is not None else None
        if found is not None and is_widget(found, node.marked):
            return found
        marked = next((each for each in node.inputs if each.name == name and each.widget is not None), None)
        return InputSpec(name=name, type=marked.type) if marked is not None else None


@dataclass(frozen=True, slots=True)
class Place:
    """The graph that is being converted: the file's own, or that of a definition."""

    world: World
    definition: EditorDefinition | None = None

    def tell(self, severity: Severity, node: EditorNode, message: str) -> None:
        """Note something about a node."""
        inside = self.definition
        where = f' in subgraph "{inside.title or inside.id}"' if inside is not None else ""
        held = self.world.definition(node)
        name = node.title or (held.title if held is not None else "") or node.type
        text = f'Node {node.id} "{name}"{where}: {message}'
        self.world.report.tell(severity, text, node.id, inside.id if inside is not None else None)
