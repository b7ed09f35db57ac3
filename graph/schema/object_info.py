"""A node's specification as `GET /object_info` of the ecosystem tells it, so that existing clients understand it."""

from collections.abc import Callable, Mapping, Sequence

from graph.registry import Catalogue
from graph.spec import InputSpec, Json, NodeSpec

Choices = Callable[[str], Sequence[str]]

_NAMES: Mapping[str, str] = {
    "multiline": "multiline",
    "lazy": "lazy",
    "raw_link": "rawLink",
    "socket_only": "forceInput",
    "control_after_generate": "control_after_generate",
}
"""Flag of a specification -> its name in the classic protocol."""


def object_info(catalogue: Catalogue, choices: Choices) -> dict[str, Json]:
    """Type id -> entry, for every node type. Folders are listed once."""
    listed: dict[str, Sequence[str]] = {}

    def once(folder: str) -> Sequence[str]:
        if folder not in listed:
            listed[folder] = choices(folder)
        return listed[folder]

    return {type_id: object_info_of(spec, once) for type_id, spec in catalogue.specs.items()}


def object_info_of(spec: NodeSpec, choices: Choices) -> dict[str, Json]:
    """The entry of one node type.

    Args:
        spec: the node type.
        choices: gives the names of what is in a folder, for inputs that name files.
    """
    inputs = _groups(spec, [each for each in spec.inputs if not each.only_for], choices)
    if spec.is_output:
        inputs["hidden"] = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
    entry: dict[str, Json] = {
        "input": inputs,
        "input_order": {kind: list(names) for kind, names in inputs.items()},
        "output": [each.type for each in spec.outputs],
        "output_is_list": [each.is_list for each in spec.outputs],
        "output_name": [each.name for each in spec.outputs],
        "name": spec.id,
        "display_name": spec.title,
        "description": spec.description,
        "python_module": spec.source,
        "category": spec.category,
        "output_node": spec.is_output,
    }
    if any(each.help for each in spec.outputs):
        entry["output_tooltips"] = [each.help for each in spec.outputs]
    entry |= {flag: True for flag in ("deprecated", "experimental") if getattr(spec, flag)}
    return entry


def _groups(spec: NodeSpec, inputs: Sequence[InputSpec], choices: Choices, prefix: str = "") -> dict[str, Json]:
    """Inputs under `required` and `optional`."""
    groups: dict[str, Json] = {"required": {}, "optional": {}}
    for each in inputs:
        kind = "required" if each.required else "optional"
        groups[kind][each.name.removeprefix(prefix)] = _input(spec, each, choices)
    if not groups["optional"]:
        del groups["optional"]
    return groups


def _input(spec: NodeSpec, each: InputSpec, choices: Choices) -> list[Json]:
    """`[type, options]`; for a choice the list of choices stands in place of the type."""
    options = _options(each)
    if each.autogrow is not None:
        inner = each.model_copy(update={"autogrow": None, "name": each.name, "help": ""})
        template = {"input": {"required": {each.name: _input(spec, inner, choices)}}}
        grown = {**template, "names": list(each.autogrow.names), "min": each.autogrow.minimum}
        return ["COMFY_AUTOGROW_V3", {**options, "template": grown}]
    children = [child for child in spec.inputs if child.only_for and child.name.rpartition(".")[0] == each.name]
    if children:
        keys = [{"key": key, "inputs": _inner(spec, each, children, key, choices)} for key in each.choices or ()]
        return ["COMFY_DYNAMICCOMBO_V3", {**options, "options": keys}]
    if each.type == "COMBO" and each.files is not None:
        return [[*each.extra_choices, *choices(each.files)], options]
    if each.type == "COMBO" and each.choices is not None:
        return [list(each.choices), options]
    return [each.type, options]


def _inner(
    spec: NodeSpec, each: InputSpec, children: Sequence[InputSpec], key: Json, choices: Choices
) -> dict[str, Json]:
    chosen = [child for child in children if key in child.only_for]
    return _groups(spec, chosen, choices, f"{each.name}.")


def _options(each: InputSpec) -> dict[str, Json]:
    options: dict[str, Json] = {}
    if each.has_default:
        options["default"] = each.default
    for name, value in (("min", each.minimum), ("max", each.maximum), ("step", each.step)):
        if value is not None:
            options[name] = value
    options |= {name: True for flag, name in _NAMES.items() if getattr(each, flag)}
    if each.help:
        options["tooltip"] = each.help
    return {**options, **each.options}
