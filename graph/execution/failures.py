"""What went wrong in a node, as data that a person can read."""

import math
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph.cache.entry import Elements
from graph.errors import LatentloomError, is_out_of_memory, let_go
from graph.events import Failure, NodeRef
from graph.spec import Json
from graph.topology import GraphNode

_MOST_CHARACTERS = 300
_MOST_ITEMS = 8
_DEPTH = 3
_ENGINE = Path(__file__).parent
_OUT_OF_MEMORY = (
    "There is not enough memory for this. "
    "Use a smaller picture, a smaller batch or a tiled node, or close other programs."
)


def failure_of(error: BaseException, node: GraphNode, ref: NodeRef, inputs: Mapping[str, Any]) -> Failure:
    """Tell what a node raised: which node, what it said, where in the code, with which inputs."""
    kind = type(error)
    is_memory = is_out_of_memory(error)
    said = str(error) or kind.__name__
    if not isinstance(error, (LatentloomError, ValueError)) and str(error):
        said = f"{kind.__name__}: {error}"
    place = f'Node {node.id} "{node.title or node.spec.title}"'
    lines = _lines(error)
    if is_memory:
        let_go(error)  # what follows, such as writing down the results so far, needs memory
    return Failure(
        reason="out_of_memory" if is_memory else "node_error",
        message=f"{place}: {said}" + (f" {_OUT_OF_MEMORY}" if is_memory else ""),
        node=ref,
        type=node.spec.id,
        exception=kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}",
        traceback=lines,
        inputs={name: shortened(value) for name, value in inputs.items()},
    )


def shortened(value: Any, depth: int = _DEPTH) -> Json:
    """A value as JSON that is short enough to show; tensors become `Tensor(1, 4, 16, 16) float32`."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value if len(value) <= _MOST_CHARACTERS else value[:_MOST_CHARACTERS] + "…"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        sizes = ", ".join(str(size) for size in value.shape)
        return f"{type(value).__name__}({sizes}) {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, (Mapping, Sequence)) and depth == 0:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, Mapping):
        shown = {str(key): shortened(value[key], depth - 1) for key in list(value)[:_MOST_ITEMS]}
        return shown if len(value) <= _MOST_ITEMS else {**shown, "…": f"{len(value)} in all"}
    if isinstance(value, (list, tuple)):
        items = [shortened(each, depth - 1) for each in value[:_MOST_ITEMS]]
        return items if len(value) <= _MOST_ITEMS else [*items, f"… {len(value)} in all"]
    return type(value).__qualname__


def inputs_of(inputs: Mapping[str, Elements], index: int | None) -> dict[str, Any]:
    """What a node was called with: the elements of one run, or whole lists where it takes those."""
    if index is None:
        return {name: list(elements) for name, elements in inputs.items()}
    return {name: elements[min(index, len(elements) - 1)] if elements else None for name, elements in inputs.items()}


def _lines(error: BaseException) -> tuple[str, ...]:
    """The traceback, without the engine's own frames and without what only this machine calls its folders."""
    told = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = told
    while part is not None:
        while part.stack and Path(part.stack[0].filename).is_relative_to(_ENGINE):
            del part.stack[0]
        for frame in part.stack:
            frame.filename = _relative(frame.filename)
        part = part.__cause__ or part.__context__
    return tuple(line.rstrip("\n") for line in told.format())


def _relative(filename: str) -> str:
    path = Path(filename)
    for root in (Path.cwd(), *(Path(each) for each in sys.path if each)):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name
