"""What is different between two workflows, in terms of what they do: nodes, values, links, parameters."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from graph.spec import Json
from graph.workflow import Nodes, Workflow, title_of


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Data):
    """A value before and after; None where there was or is none, and then `is_there` says so."""

    before: Any = None  # JSON
    after: Any = None  # JSON
    was_there: bool = True
    is_there: bool = True


class NodeNamed(_Data):
    """A node as people know it."""

    id: str
    type: str
    title: str = ""


class NodeChange(_Data):
    """What is different about a node that both have."""

    id: str
    type: str
    title: str = ""
    retyped: Change | None = None
    """Another node type."""
    renamed: Change | None = None
    """Another title."""
    inputs: Mapping[str, Change] = Field(default_factory=dict)
    """Other values or links, `[node, slot]`, by input."""


class GraphDifference(_Data):
    """What is different between two graphs."""

    added: tuple[NodeNamed, ...] = ()
    removed: tuple[NodeNamed, ...] = ()
    changed: tuple[NodeChange, ...] = ()


class Difference(GraphDifference):
    """What is different between two workflows; the order of nodes and keys does not matter."""

    modes: Mapping[str, Change] = Field(default_factory=dict)
    """Nodes that are now bypassed or muted, or no longer."""
    parameters: Mapping[str, Change] = Field(default_factory=dict)
    """Named parameters."""
    subgraphs_added: tuple[str, ...] = ()
    subgraphs_removed: tuple[str, ...] = ()
    subgraphs_changed: Mapping[str, GraphDifference] = Field(default_factory=dict)
    has_moved: bool = False
    """Whether something looks different that does not matter to a run: positions, notes, groups, colours."""

    @property
    def is_empty(self) -> bool:
        """Whether both do the same."""
        return self.model_copy(update={"has_moved": False}) == Difference()


def difference(before: Workflow, after: Workflow) -> Difference:
    """What is different in `after`."""
    old, new = before.subgraphs, after.subgraphs
    inner = {key: _graphs(old[key].graph, new[key].graph) for key in old if key in new and old[key] != new[key]}
    graph = _graphs(before.graph, after.graph)
    found = Difference(
        added=graph.added,
        removed=graph.removed,
        changed=graph.changed,
        modes=_changes(before.layout.modes, after.layout.modes),
        parameters=_changes(_parameters(before), _parameters(after)),
        subgraphs_added=tuple(key for key in new if key not in old),
        subgraphs_removed=tuple(key for key in old if key not in new),
        subgraphs_changed=inner,
    )
    return found.model_copy(update={"has_moved": _look(before) != _look(after)})


def _graphs(before: Nodes, after: Nodes) -> GraphDifference:
    changed = (_node(key, before[key], after[key]) for key in before if key in after)
    return GraphDifference(
        added=tuple(_named(key, after[key]) for key in after if key not in before),
        removed=tuple(_named(key, before[key]) for key in before if key not in after),
        changed=tuple(each for each in changed if each is not None),
    )


def _node(key: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> NodeChange | None:
    named = _named(key, after)
    retyped = _change(before.get("class_type"), after.get("class_type"))
    renamed = _change(title_of(before), title_of(after))
    inputs = _changes(before.get("inputs", {}), after.get("inputs", {}))
    if not (retyped or renamed or inputs):
        return None
    return NodeChange(id=named.id, type=named.type, title=named.title, retyped=retyped, renamed=renamed, inputs=inputs)


def _changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Change]:
    found: dict[str, Change] = {}
    for key in dict.fromkeys((*before, *after)):
        was_there, is_there = key in before, key in after
        if not (was_there and is_there) or not _is_equal(before[key], after[key]):
            found[key] = Change(before=before.get(key), after=after.get(key), was_there=was_there, is_there=is_there)
    return found


def _change(before: Json, after: Json) -> Change | None:
    return None if before == after else Change(before=before, after=after)


def _is_equal(one: Json, other: Json) -> bool:
    """Whether two values are the same; 1, 1.0 and true differ, as they do for the cache."""
    return type(one) is type(other) and bool(one == other)


def _named(key: str, node: Mapping[str, Json]) -> NodeNamed:
    return NodeNamed(id=key, type=str(node.get("class_type", "")), title=title_of(node))


def _parameters(workflow: Workflow) -> dict[str, Json]:
    return {name: each.model_dump(mode="json") for name, each in workflow.layout.parameters.items()}


def _look(workflow: Workflow) -> Json:
    """What only the editor shows."""
    layouts = {"": workflow.layout, **{key: each.layout for key, each in workflow.subgraphs.items()}}
    data = {key: each.model_dump(mode="json", exclude={"parameters"}) for key, each in layouts.items()}
    for each in data.values():
        for node in each["nodes"].values():
            node.pop("mode", None)
    return data
