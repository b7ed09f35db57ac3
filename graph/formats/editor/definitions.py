"""Converts subgraph definitions, those that others use first."""

from collections.abc import Iterator, Mapping
from typing import Any

from graph.formats.editor.layouts import bounds_of
from graph.formats.editor.parts import EditorDefinition, Port, unused
from graph.formats.editor.promotion import spellings
from graph.formats.editor.raw import as_object
from graph.formats.editor.scopes import Scope
from graph.formats.editor.wiring import PRIMITIVE, FromInput, FromNode, FromPrimitive, Passage
from graph.formats.editor.world import Host, Place, Promotion, World
from graph.layout import Layout
from graph.workflow import Subgraph, SubgraphInput, SubgraphOutput

Targets = tuple[tuple[str, str], ...]


def convert_definitions(world: World) -> dict[str, Subgraph]:
    """Every definition of the file, converted."""
    return {key: _convert(world, world.file.definitions[key]) for key in _inner_first(world.file.definitions)}


def _inner_first(definitions: Mapping[str, EditorDefinition]) -> Iterator[str]:
    """The ids of definitions, each after those it uses; circles are broken somewhere, and refused by validation."""
    done: set[str] = set()
    stack = [(key, False) for key in reversed(list(definitions))]
    entered: set[str] = set()
    while stack:
        key, is_ready = stack.pop()
        if is_ready and key not in done:
            done.add(key)
            yield key
        elif not is_ready and key not in entered:
            entered.add(key)
            stack.append((key, True))
            held = {node.type for node in definitions[key].graph.nodes.values()} & definitions.keys()
            stack += [(each, False) for each in sorted(held)]


def _convert(world: World, definition: EditorDefinition) -> Subgraph:
    place = Place(world, definition)
    scope = Scope(world, place, definition.graph, world.wiring(definition.graph, definition.input_node))
    scope.convert()
    inputs: dict[str, tuple[Port, Targets]] = {
        port.name: (port, tuple(scope.entrances.get(place, ()))) for place, port in enumerate(definition.inputs)
    }
    world.promoted[definition.id] = {
        wanted: name
        for wanted in world.wanted.get(definition.id, ())
        if (name := _promote(world, scope, definition, wanted, inputs)) is not None
    }
    world.hosts[definition.id] = tuple(
        Host(name, to, _first_widget(world, definition, to)) for name, (_, to) in inputs.items()
    )
    outputs = _outputs(world, scope, definition)
    facts: dict[str, Any] = {"title": definition.title, "description": definition.description}
    layout = _with_boundaries(scope.layout(), definition)
    if layout.model_fields_set or layout.model_extra:
        facts["layout"] = layout
    return Subgraph(
        graph=scope.nodes,
        inputs=tuple(_input(port, to) for port, to in inputs.values()),
        outputs=outputs,
        **{name: value for name, value in facts.items() if value},
    )


def _input(port: Port, to: Targets) -> SubgraphInput:
    label = {"label": port.label} if port.label and port.label != port.name else {}
    return SubgraphInput(name=port.name, to=to, **_typed(port), **label)


def _typed(port: Port) -> dict[str, Any]:
    return {"type": port.type} if port.type != "*" else {}


def _first_widget(world: World, definition: EditorDefinition, to: Targets) -> Any:
    widgets = (world.widget_inside(definition.graph, node_id, name) for node_id, name in to)
    return next((each for each in widgets if each is not None), None)


def _promote(
    world: World,
    scope: Scope,
    definition: EditorDefinition,
    wanted: Promotion,
    inputs: dict[str, tuple[Port, Targets]],
) -> str | None:
    """The input that sets a widget inside; made if there is none yet."""
    targets = next((found for each in spellings(wanted) if (found := _targets(world, scope, definition, each))), ())
    if not targets:
        node = definition.graph.nodes.get(wanted.node)
        text = f'its widget "{wanted.widget}" is shown outside, but there is none of this name; set it by hand.'
        if node is not None:
            scope.place.tell("warning", node, text)
        return None
    for name, (_, to) in inputs.items():
        if set(targets) <= set(to):
            return name
    name = unused(wanted.widget, inputs)
    spec = _first_widget(world, definition, targets)
    inputs[name] = Port(name, spec.type if spec is not None else "*"), targets
    return name


def _targets(world: World, scope: Scope, definition: EditorDefinition, wanted: Promotion) -> Targets:
    """The inputs inside that a shown widget stands for."""
    node = definition.graph.nodes.get(wanted.node)
    if node is None:
        return ()
    if node.type == PRIMITIVE:
        return tuple(scope.primitives.get(node.id, ()))
    if node.type in world.file.definitions:
        hosts = world.hosts.get(node.type, ())
        exact = [each.name for each in hosts if (wanted.origin, wanted.widget) in each.to]
        named = [each.name for each in hosts if each.name == wanted.widget]
        inside = [each.name for each in hosts if any(name == wanted.widget for _, name in each.to)]
        chosen = exact if wanted.origin else [*named, *inside]
        return ((node.id, chosen[0]),) if chosen else ()
    if node.id not in scope.nodes:
        return ()
    is_there = (
        world.catalogue.find(node.type) is None  # the file knows better
        or world.widget_inside(definition.graph, node.id, wanted.widget) is not None
        or wanted.widget in scope.nodes[node.id]["inputs"]
    )
    return ((node.id, wanted.widget),) if is_there else ()


def _outputs(world: World, scope: Scope, definition: EditorDefinition) -> tuple[SubgraphOutput, ...]:
    """The outputs that a node inside gives. Notes for links outside what became of the others."""
    sources = scope.wiring.into_output(definition.output_node)
    passages: list[Passage] = []
    outputs: list[SubgraphOutput] = []
    for place, port in enumerate(definition.outputs):
        source = sources[place][0] if place in sources else None
        if isinstance(source, FromNode) and source.node in scope.nodes:
            label = {"label": port.label} if port.label and port.label != port.name else {}
            output = SubgraphOutput(name=port.name, source=(source.node, source.slot), **_typed(port), **label)
            passages.append(Passage(slot=len(outputs)))
            outputs.append(output)
        elif isinstance(source, FromInput) and 0 <= source.place < len(definition.inputs):
            passages.append(Passage(input=definition.inputs[source.place].name))
        else:
            passages.append(Passage())
            if isinstance(source, FromPrimitive):
                node = scope.graph.nodes[source.node]
                scope.place.tell("warning", node, f'the output "{port.name}" cannot come from a value; link a node.')
    world.passages[definition.id] = passages
    return tuple(outputs)


def _with_boundaries(layout: Layout, definition: EditorDefinition) -> Layout:
    """The layout with where the boundary of the definition is drawn."""
    boundaries = {
        name: bounds
        for name, key in (("inputs", "inputNode"), ("outputs", "outputNode"))
        if (bounds := bounds_of(as_object(definition.graph.raw.get(key)).get("bounding"))) is not None
    }
    given: dict[str, Any] = {name: getattr(layout, name) for name in layout.model_fields_set}
    if boundaries:
        given["boundaries"] = boundaries
    return Layout(**given)
