"""A saved workflow as a typed function: the JSON schema of its named parameters."""

from typing import Any

from graph.assignment import named_input
from graph.links import read_link
from graph.registry import Catalogue
from graph.schema import input_schema
from graph.spec import Json
from graph.validation import Choices
from graph.workflow import Workflow


def parameters_schema(workflow: Workflow, catalogue: Catalogue, choices: Choices) -> dict[str, Json]:
    """The JSON Schema (2020-12) of the values that a run of this workflow takes, by the names of its parameters.

    What a caller leaves out keeps the value that the document holds, which is the default; a parameter without one is
    required. `x-node` and `x-input` say where the value goes.

    Raises:
        WorkflowError: a parameter leads to a node or an input that is not there.
    """
    properties: dict[str, Json] = {}
    required: list[str] = []
    for name, parameter in workflow.layout.parameters.items():
        described, is_required = _property(name, workflow, catalogue, choices)
        if parameter.help:
            described["description"] = parameter.help
        properties[name] = described
        if is_required:
            required.append(name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _property(
    name: str, workflow: Workflow, catalogue: Catalogue, choices: Choices
) -> tuple[dict[str, Any], bool]:  # JSON
    """The schema of one parameter, and whether a caller has to give it."""
    found = named_input(workflow, name, catalogue)
    described: dict[str, Json] = input_schema(found.spec, choices) if found.spec is not None else {}
    is_linked = found.is_set and read_link(found.value) is not None
    if found.is_set and not is_linked:
        described["default"] = found.value
    described |= {"x-node": found.place.node, "x-input": found.place.input}
    if found.place.subgraph is not None:
        described["x-subgraph"] = found.place.subgraph
    spec = found.spec
    is_required = not found.is_set and spec is not None and spec.required and not spec.has_default
    return described, is_required
