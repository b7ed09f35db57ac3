"""Writes files as ComfyUI's browser does, for tests: `Drawing().add(...)`, and `drawn(graph)` for a whole API graph."""

import copy
from collections.abc import Mapping
from typing import Any

from graph.formats.api import to_api
from graph.formats.editor import Conversion, convert
from graph.formats.editor.widgets import children_of, widgets_of
from graph.registry import Catalogue
from graph.spec import InputSpec
from tests.graph.small_catalogue import SPECS, spec, widget, with_default

OWN_SPECS = [
    spec(
        "TextEncode",
        [widget("clip", "CLIP"), widget("text", "STRING", multiline=True, options={"dynamicPrompts": True})],
        ["CONDITIONING"],
    ),
    spec(
        "LoadMask",
        [
            widget("image", "COMBO", files="input", options={"image_upload": True}),
            with_default("channel", "COMBO", "alpha", choices=("alpha", "red")),
        ],
        ["MASK"],
    ),
    spec("Switch", [widget("on", "IMAGE"), with_default("size", "INT", 8), widget("off", "IMAGE")], ["IMAGE", "IMAGE"]),
    spec(
        "Counter",
        [
            widget("start", "INT", control_after_generate=True),
            with_default("mode", "COMBO", "up", choices=("up", "down", "fixed"), control_after_generate=True),
            with_default("note", "STRING", "", required=False),
        ],
        ["INT"],
    ),
    spec("Follow", [widget("step", "INT", socket_only=True), with_default("scale", "FLOAT", 1.0)], ["FLOAT"]),
]
CATALOGUE = Catalogue({each.id: each for each in (*SPECS, *OWN_SPECS)}, {"OldSampler": "KSampler"})

Data = dict[str, Any]  # JSON


class Drawing:
    """A graph of the browser that grows node by node; version 0.4 or 1, or a subgraph definition."""

    def __init__(self, version: float = 0.4) -> None:
        self.version = version
        self.nodes: list[Data] = []
        self.links: list[list[Any]] = []
        self.rest: Data = {}

    def add(self, id_: int, type_: str, values: Any = None, **facts: Any) -> Data:
        """A node; `facts` are further keys. Inputs are made by `link`."""
        node: Data = {"id": id_, "type": type_, "pos": [id_ * 10, 20], "size": [200, 100], "flags": {}, "order": 0}
        node |= {"mode": 0, "inputs": [], "outputs": [], "properties": {"Node name for S&R": type_}, **facts}
        if values is not None:
            node["widgets_values"] = values
        self.nodes.append(node)
        return node

    def find(self, id_: int) -> Data:
        return next(each for each in self.nodes if each["id"] == id_)

    def input(self, id_: int, name: str, type_: str = "*", is_widget: bool = False) -> Data:
        """The input of a node called `name`; made if it is not there."""
        inputs = self.find(id_)["inputs"]
        found = next((each for each in inputs if each["name"] == name), None)
        if found is None:
            found = {"name": name, "type": type_, "link": None, **({"widget": {"name": name}} if is_widget else {})}
            inputs.append(found)
        return found

    def link(
        self, origin: int, slot: int, target: int, name: str, type_: str = "*", is_widget: bool = False, **facts: Any
    ) -> int:
        """A link into a node's input; -10 is the boundary of a definition."""
        number = len(self.links) + 1
        found = self.input(target, name, type_, is_widget)
        found["link"] = number
        place = self.find(target)["inputs"].index(found)
        self.links.append([number, origin, slot, target, place, type_, facts])
        if origin > 0:
            outputs = self.find(origin)["outputs"]
            outputs += [{"name": "out", "type": "*", "links": []} for _ in range(slot + 1 - len(outputs))]
            outputs[slot]["type"] = type_
            outputs[slot]["links"].append(number)
        return number

    def give(self, origin: int, slot: int, output: int, type_: str = "*") -> int:
        """A link to an output of the definition that this is."""
        number = len(self.links) + 1
        self.links.append([number, origin, slot, -20, output, type_, {}])
        return number

    def data(self) -> Data:
        """The file."""
        objects = [_object(each) for each in self.links]
        links: list[Any] = objects if self.version == 1 else [each[:6] for each in self.links]
        return copy.deepcopy({"version": self.version, "nodes": self.nodes, "links": links, "groups": [], **self.rest})

    def definition(
        self, key: str, inputs: list[tuple[str, str]], outputs: list[tuple[str, str]], name: str = ""
    ) -> Data:
        """This graph as a subgraph definition with the given `(name, type)` inputs and outputs."""
        ports = {
            side: [{"id": f"{key}-{side}-{at}", "name": each, "type": type_} for at, (each, type_) in enumerate(named)]
            for side, named in (("inputs", inputs), ("outputs", outputs))
        }
        boundary = {"inputNode": {"id": -10, "bounding": [0, 0, 9, 9]}, "outputNode": {"id": -20}}
        links = [_object(each) for each in self.links]
        return copy.deepcopy(
            {"id": key, "version": 1, "name": name or key, **boundary, **ports, "nodes": self.nodes, "links": links}
            | self.rest
        )


def _object(link: list[Any]) -> Data:
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    return {**dict(zip(names, link, strict=False)), **link[6]}


def converted(drawing: Drawing | Data, catalogue: Catalogue = CATALOGUE) -> Conversion:
    return convert(drawing.data() if isinstance(drawing, Drawing) else drawing, catalogue)


def api_of(drawing: Drawing | Data, catalogue: Catalogue = CATALOGUE) -> Data:
    """The API graph of a file, without titles."""
    graph = to_api(converted(drawing, catalogue).workflow, catalogue)
    return {key: {"class_type": each["class_type"], "inputs": each["inputs"]} for key, each in graph.items()}


def said(conversion: Conversion, severity: str | None = None) -> list[str]:
    return [each.message for each in conversion.notes if severity in (None, each.severity)]


def drawn(graph: Mapping[str, Any], version: float, catalogue: Catalogue = CATALOGUE) -> Drawing:
    """An API graph as the browser would save it: written by the documented rules, from the node types."""
    drawing = Drawing(version)
    for node_id, node in graph.items():
        given = catalogue.specs[node["class_type"]]
        values: list[Any] = []
        for each in widgets_of(given):
            values += _values(each, children_of(given), node["inputs"])
        if any(each.options.get("image_upload") for each in given.inputs):
            values.append("image")
        drawing.add(int(node_id), given.id, values)
    for node_id, node in graph.items():
        spec = catalogue.specs[node["class_type"]]
        for each in spec.inputs:
            grown = [name for name in node["inputs"] if each.autogrow and name.startswith(f"{each.name}.")]
            for name in grown or [each.name]:
                value = node["inputs"].get(name)
                if isinstance(value, list):
                    is_widget = any(name == other.name for other in widgets_of(spec))
                    drawing.link(int(value[0]), value[1], int(node_id), name, each.type, is_widget)
    return drawing


def insert_reroute(drawing: Drawing, index: int) -> None:
    """Lead a link through a reroute of its own."""
    link = drawing.links[index]
    number = 1000 + len(drawing.nodes)
    drawing.add(number, "Reroute")
    drawing.link(link[1], link[2], number, "", link[5])
    link[1:3] = [number, 0]


def _values(widget: InputSpec, children: list[InputSpec], inputs: Mapping[str, Any]) -> list[Any]:
    """The entries of one widget: its value, what happens after a run, the widgets of the choice that was made."""
    value = inputs.get(widget.name)
    if isinstance(value, dict):
        value = value["__value__"]
    if isinstance(value, list):
        value = {"INT": 0, "FLOAT": 0.0, "STRING": "old", "BOOLEAN": False, "COMBO": "old"}[widget.type]
    values = [value]
    if widget.control_after_generate or widget.name == "seed":
        values += ["randomize", ""] if widget.type == "COMBO" else ["randomize"]
    for each in children:
        if value in each.only_for and each.name.rpartition(".")[0] == widget.name:
            values += _values(each, [], inputs)
    return values
