"""What is wrong with a graph, as the classic protocol says it.

Types and shapes are the ecosystem's; `message` is its short title, `details` our sentence that says what to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.errors import Problem, ProblemCode
from graph.registry import Catalogue
from graph.schema import object_info_of
from graph.spec import Json
from graph.validation import Choices
from graph.workflow import Workflow, title_of

_KINDS: Mapping[ProblemCode, tuple[str, str]] = {
    "missing_node_type": ("missing_node_type", "Node has no class_type"),
    "unknown_node_type": ("missing_node_type", "Node type not found"),
    "required_input_missing": ("required_input_missing", "Required input is missing"),
    "invalid_input_type": ("invalid_input_type", "Failed to convert an input value"),
    "value_smaller_than_min": ("value_smaller_than_min", "Value smaller than min"),
    "value_bigger_than_max": ("value_bigger_than_max", "Value bigger than max"),
    "value_not_in_list": ("value_not_in_list", "Value not in list"),
    "dangling_link": ("bad_linked_input", "Bad linked input"),
    "bad_slot": ("bad_linked_input", "Bad linked input"),
    "bad_link": ("bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]"),
    "return_type_mismatch": ("return_type_mismatch", "Return type mismatch between linked nodes"),
    "dependency_cycle": ("dependency_cycle", "Dependency cycle detected"),
    "custom_validation_failed": ("custom_validation_failed", "Custom validation failed for node"),
    "exception_during_validation": ("exception_during_validation", "Exception when validating node"),
    "subgraph_error": ("subgraph_error", "Subgraph cannot be unfolded"),
    "unknown_target": ("unknown_target", "Target not found"),
    "too_large": ("too_large", "Takes more memory than there is"),
    "mismatched": ("mismatched", "Parts of models do not belong together"),
}
"""Our code -> type and short title there."""

_LONGEST_CHOICE = 20
"""Longer lists of choices are left out of `input_config`, as the ecosystem does."""
_MOST_TOLD = 20


def error(type_: str, message: str, details: str = "", extra: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """An error in the classic shape."""
    return {"type": type_, "message": message, "details": details, "extra_info": dict(extra or {})}


def refusal(problems: Sequence[Problem], workflow: Workflow) -> dict[str, Json]:
    """Why nothing of a graph can run."""
    general = next((each for each in problems if each.node is None), None)
    if general is not None:
        is_empty = general.code == "no_outputs"
        title = "Prompt has no outputs" if is_empty else "Prompt cannot be read"
        return error("prompt_no_outputs" if is_empty else "invalid_prompt", title, general.message)
    unknown = next((each for each in problems if each.code in ("unknown_node_type", "missing_node_type")), None)
    if unknown is not None:
        node = workflow.graph.get(str(unknown.node), {})
        facts = {"node_id": unknown.node, "class_type": node.get("class_type"), "node_title": title_of(node) or None}
        return error("invalid_prompt", unknown.message, f"Node ID '#{unknown.node}'", facts)
    told = "\n".join(each.message for each in problems[:_MOST_TOLD])
    more = f"\n({len(problems) - _MOST_TOLD} more)" if len(problems) > _MOST_TOLD else ""
    return error("prompt_outputs_failed_validation", "Prompt outputs failed validation", told + more)


def node_errors(
    problems: Iterable[Problem], workflow: Workflow, catalogue: Catalogue, choices: Choices
) -> dict[str, Json]:
    """What is wrong, node by node: the errors, the outputs that are left out, the node's type."""
    configs = _Configs(catalogue, choices)
    found: dict[str, dict[str, Any]] = {}  # JSON
    for problem in problems:
        if problem.node is None:
            continue
        class_type = workflow.graph.get(problem.node, {}).get("class_type")
        entry = found.setdefault(problem.node, {"errors": [], "dependent_outputs": [], "class_type": class_type})
        type_, message = _KINDS.get(problem.code, (problem.code, "Invalid node"))
        extra = _extra(problem, configs.of(class_type, problem.input))
        entry["errors"].append(error(type_, message, problem.message, extra))
        outputs = entry["dependent_outputs"]
        outputs += [each for each in problem.details.get("outputs", ()) if each not in outputs]
    return found


def _extra(problem: Problem, config: Json) -> dict[str, Json]:
    extra: dict[str, Json] = {}
    if problem.input is not None:
        extra = {"input_name": problem.input, "input_config": config, "received_value": problem.value}
    if problem.code == "return_type_mismatch":
        del extra["received_value"]
        extra |= {"received_type": problem.details.get("received_type"), "linked_node": problem.value}
    if problem.code == "dependency_cycle":
        extra["cycle_nodes"] = list(problem.details.get("path", ()))
    return extra


class _Configs:
    """The declarations of inputs, `[type, options]`, as far as somebody asks for them."""

    def __init__(self, catalogue: Catalogue, choices: Choices) -> None:
        self._catalogue = catalogue
        self._choices = choices
        self._known: dict[str, dict[str, Json]] = {}

    def of(self, class_type: Json, name: str | None) -> Json:
        if not isinstance(class_type, str) or name is None:
            return None
        if class_type not in self._known:
            spec = self._catalogue.find(class_type)
            groups = object_info_of(spec, self._choices)["input"].values() if spec is not None else ()
            self._known[class_type] = {key: value for group in groups for key, value in group.items()}
        config = self._known[class_type].get(name)
        is_long = isinstance(config, list) and isinstance(config[0], list) and len(config[0]) > _LONGEST_CHOICE
        return None if is_long else config
