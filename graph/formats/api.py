"""`to_api`: the plain execution graph of a document, as every program of the ecosystem takes it."""

from typing import Any

from graph.errors import WorkflowError
from graph.inlining import inline
from graph.registry import Catalogue
from graph.spec import Json
from graph.workflow import Workflow


def to_api(workflow: Workflow, catalogue: Catalogue) -> dict[str, Json]:
    """The graph of a document in the API shape: subgraphs unfolded, bypassed and muted nodes resolved.

    Args:
        workflow: a document or a bare graph.
        catalogue: the node types there are; bypassing needs their outputs.

    Raises:
        WorkflowError: its subgraphs cannot be unfolded, or links lead to nothing; the message says where.
    """
    flat = inline(workflow, catalogue)
    refusals = [flat.refusal] if flat.refusal is not None else []
    problems = [*refusals, *(each for found in flat.problems.values() for each in found)]
    if problems:
        raise WorkflowError("\n".join(each.message for each in problems))
    return {node_id: _plain(node) for node_id, node in flat.nodes.items()}


def _plain(node: Any) -> dict[str, Json]:
    """A node with the keys of the API shape; others are ours or the client's."""
    shape = {"class_type": node.get("class_type"), "inputs": dict(node.get("inputs", {}))}
    return {**shape, "_meta": node["_meta"]} if "_meta" in node else shape
