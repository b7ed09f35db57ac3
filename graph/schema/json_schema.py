"""JSON Schema (2020-12) of a node's inputs, from which an editor makes widgets and a program checks values.

A property describes the value that may be written into the document. What JSON Schema has no word for stands under
`x-` keywords: `x-type` is the wire type; `x-socket` says that the input can only be linked.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from graph.datatypes import WIDGET_TYPES
from graph.spec import InputSpec, Json, NodeSpec

_TYPES: Mapping[str, str] = {"INT": "integer", "FLOAT": "number", "STRING": "string", "BOOLEAN": "boolean"}
_FLAGS = ("multiline", "lazy", "control_after_generate")


def json_schema(spec: NodeSpec, choices: Callable[[str], Sequence[str]]) -> dict[str, Json]:
    """The schema of a node's `inputs`, with its outputs beside it.

    Args:
        spec: the node type.
        choices: gives the names of what is in a folder, for inputs that name files.
    """
    properties: dict[str, Json] = {}
    patterns: dict[str, Json] = {}
    required: list[str] = []
    for each in spec.inputs:
        described = input_schema(each, choices)
        if each.autogrow is None:
            properties[each.name] = described
            if each.required and not each.has_default and not each.only_for:
                required.append(each.name)
        else:
            names = [re.escape(name) for name in each.autogrow.names]
            patterns[f"^{re.escape(each.name)}\\.({'|'.join(names)})$"] = described
            required += [f"{each.name}.{name}" for name in each.autogrow.names[: each.autogrow.minimum]]
    schema: dict[str, Json] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": spec.id,
        "title": spec.title,
        "description": spec.description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": True,  # what a node does not know is ignored
        "x-category": spec.category,
        "x-output-node": spec.is_output,
        "x-outputs": [_output(each.name, each.type, each.is_list, each.help) for each in spec.outputs],
    }
    if patterns:
        schema["patternProperties"] = patterns
    if spec.deprecated:
        schema["deprecated"] = True
    return schema


def input_schema(each: InputSpec, choices: Callable[[str], Sequence[str]]) -> dict[str, Json]:
    """The schema of the values that one input takes; as `json_schema`."""
    described: dict[str, Json] = {"x-type": each.type}
    if each.help:
        described["description"] = each.help
    if each.type not in WIDGET_TYPES or each.socket_only:
        described["x-socket"] = True
    elif each.type == "COMBO":
        described |= _choices(each, choices)
    else:
        described["type"] = _TYPES[each.type]
    if each.has_default:
        described["default"] = each.default
    for key, value in (("minimum", each.minimum), ("maximum", each.maximum), ("x-step", each.step)):
        if value is not None:
            described[key] = value
    described |= {f"x-{flag.replace('_', '-')}": True for flag in _FLAGS if getattr(each, flag)}
    if each.only_for:
        described["x-only-for"] = list(each.only_for)
    return described


def _choices(each: InputSpec, choices: Callable[[str], Sequence[str]]) -> dict[str, Json]:
    if each.files is not None:
        return {"enum": [*each.extra_choices, *choices(each.files)], "x-files": each.files}
    return {} if each.choices is None else {"enum": list(each.choices)}


def _output(name: str, type_: str, is_list: bool, help_text: str) -> dict[str, Json]:
    return {"name": name, "type": type_, "isList": is_list, **({"description": help_text} if help_text else {})}
