"""What a node of a pack returned, in the form that the engine reads."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graph.values import Blocker
from nodes.packs.json_values import as_json

Outward = Callable[[Any], Any]
"""Makes a value of a pack one of ours."""


def read_returned(returned: Any, count: int, outward: Outward) -> dict[str, Any]:
    """The `result`, `ui` and `expand` of what a function returned, values made ours.

    Args:
        returned: a tuple with a value for each output, a blocker for all of them, a dict of the three, or None.
        count: how many outputs the node has.
        outward: makes a value ours.

    Raises:
        ValueError: it is none of these.
    """
    if not isinstance(returned, dict):
        return {"result": _result(returned, count, outward)}
    answer: dict[str, Any] = {"result": _result(returned.get("result"), count, outward)}
    shown = returned.get("ui")
    if isinstance(shown, Mapping) and shown:
        answer["ui"] = {str(kind): _entries(entries) for kind, entries in shown.items()}
    if returned.get("expand") is not None:
        answer["expand"] = {str(node_id): _node(node, outward) for node_id, node in returned["expand"].items()}
    return answer


def _result(result: Any, count: int, outward: Outward) -> Any:
    if result is None or count == 0:
        return ()
    if type(result) is Blocker:
        return result
    if not isinstance(result, Sequence) or isinstance(result, (str, bytes)):
        raise ValueError(
            f"The node returned a {type(result).__name__} by itself; the protocol wants a tuple with a value for each "
            f"of its {count} outputs."
        )
    return tuple(outward(each) for each in result)


def _entries(entries: Any) -> list[Any]:
    shown = as_json(entries)
    return shown if isinstance(shown, list) else [shown]


def _node(node: Mapping[str, Any], outward: Outward) -> dict[str, Any]:
    inputs = {name: outward(value) for name, value in (node.get("inputs") or {}).items()}
    return {**node, "inputs": inputs}
