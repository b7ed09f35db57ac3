"""Seeds that are left to chance: `"seed": "randomize"` becomes a number when a job is accepted.

The number is what runs, what the job keeps and what pictures carry, so that they can be made again.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping

from graph.assignment import Place, replaced
from graph.registry import Catalogue
from graph.spec import RANDOMIZE, InputSpec, Json
from graph.workflow import Workflow

MOST = 2**53 - 1
"""The largest seed that is drawn: up to here JavaScript keeps whole numbers exactly, and editors read them."""


def with_seeds(workflow: Workflow, catalogue: Catalogue, key: str | None = None) -> Workflow:
    """The same workflow with a number in place of each seed that is `randomize`.

    Args:
        workflow: what is to run.
        catalogue: says which inputs are seeds: those with `control_after_generate`.
        key: what a client calls this request; the same key draws the same numbers. None draws at random.
    """
    drawn = {place: _draw(spec, place, key) for place, spec in _left_to_chance(workflow, catalogue)}
    return replaced(workflow, drawn) if drawn else workflow


def _left_to_chance(workflow: Workflow, catalogue: Catalogue) -> Iterator[tuple[Place, InputSpec]]:
    graphs = [(None, workflow.graph), *((key, each.graph) for key, each in workflow.subgraphs.items())]
    for scope, graph in graphs:
        for node_id, node in graph.items():
            for name, value in node.get("inputs", {}).items():
                spec = _seed(workflow, node, name, catalogue) if value == RANDOMIZE else None
                if spec is not None:
                    yield Place(scope, node_id, name), spec


def _seed(workflow: Workflow, node: Mapping[str, Json], name: str, catalogue: Catalogue) -> InputSpec | None:
    """The seed that an input is, or leads to inside of a subgraph; None for other inputs."""
    stack, entered = [(node, name)], set()
    while stack:
        node, name = stack.pop()
        type_id = str(node.get("class_type"))
        inside = workflow.subgraphs.get(type_id)
        if inside is None:
            spec = catalogue.find(type_id)
            found = spec.input(name) if spec is not None else None
            if found is not None and found.control_after_generate:
                return found
        elif (type_id, name) not in entered:
            entered.add((type_id, name))
            ends = [end for each in inside.inputs if each.name == name for end in each.to]
            stack += [(inside.graph[node_id], input_name) for node_id, input_name in ends if node_id in inside.graph]
    return None


def _draw(spec: InputSpec, place: Place, key: str | None) -> int:
    low, high = int(max(spec.minimum or 0, 0)), int(MOST if spec.maximum is None else min(spec.maximum, MOST))
    if key is None:
        return low + secrets.randbelow(high - low + 1)
    told = "\0".join((key, place.subgraph or "", place.node, place.input))
    number = int.from_bytes(hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()[:16])
    return low + number % (high - low + 1)
