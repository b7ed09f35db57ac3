"""Makes a graph small before it runs: sizes, steps and lengths only; what it does stays as it is."""

from collections.abc import Callable, Mapping
from typing import Any

from graph.registry import Catalogue
from graph.spec import InputSpec

Nodes = Mapping[str, Mapping[str, Any]]
STEPS, FRAMES, BATCH, SMALLEST, LARGEST = 3, 9, 2, 64, 128
_SIDES = ("width", "height", "target_width", "target_height", "largest_size", "longer_edge", "longer_size")


def shrunk(nodes: Nodes, catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """The same graph with small numbers: 128 pixels a side, 3 steps, 9 frames, 2 pictures, where nodes allow it."""
    small = {}
    for node_id, node in nodes.items():
        inputs = dict(node.get("inputs", {}))
        spec = catalogue.find(str(node.get("class_type")))
        changes = _changes(inputs)
        for name in inputs.keys() & changes.keys():
            if isinstance(inputs[name], (int, float, str)) and not isinstance(inputs[name], bool):
                declared = spec.input(name) if spec is not None else None
                inputs[name] = _like(inputs[name], _from(declared, changes[name]))
        if node.get("class_type") == "PrimitiveInt" and _is_large(inputs.get("value")):
            inputs["value"] = side(inputs["value"])
        small[node_id] = {**node, "inputs": inputs}
    return small


def side(pixels: float) -> int:
    """Pixels along a side, made few: a multiple of 32 from 64 to 128."""
    return min(LARGEST, max(SMALLEST, 32 * round(pixels / 512)))


def _changes(inputs: Mapping[str, Any]) -> dict[str, Callable[[float], float]]:
    steps = inputs.get("steps")
    share = STEPS / steps if isinstance(steps, int) and steps > STEPS else 1

    def moved(step: float) -> float:
        """A step of the whole, as the same share of fewer steps."""
        return round(step * share) if isinstance(steps, int) and step <= steps else step

    return {
        **dict.fromkeys(_SIDES, side),
        **dict.fromkeys(("x", "y"), lambda pixels: 8 * (int(pixels) // 64)),
        **dict.fromkeys(("start_at_step", "end_at_step"), moved),
        **dict.fromkeys(("length", "video_frames"), lambda frames: min(frames, FRAMES)),
        **dict.fromkeys(("batch_size", "amount"), lambda count: min(count, BATCH)),
        "steps": lambda count: min(count, STEPS),
        "megapixels": lambda _: 0.01,
        "scale_by": lambda factor: min(factor, 2.0),
    }


def _from(declared: InputSpec | None, change: Callable[[float], float]) -> Callable[[float], float]:
    """The change, but never below what an input takes."""
    least = declared.minimum if declared is not None and declared.minimum is not None else float("-inf")
    return lambda value: max(change(value), least)


def _like(value: Any, change: Callable[[float], float]) -> Any:
    """The changed number, written as the graph has it: as text where it was text. Text that is no number stays."""
    if not isinstance(value, str):
        return change(value)
    try:
        return f"{change(float(value)):g}"
    except ValueError:
        return value


def _is_large(value: Any) -> bool:
    return isinstance(value, int) and value >= 4 * SMALLEST
