"""Every error of the engine, and `Problem`: what is wrong with a user's workflow, as data.

LatentloomError
├── DeclarationError        a node declaration is wrong; found at import
├── JsonError               a text is not strict JSON; carries line and column
├── WorkflowError           a document cannot be read as a workflow
├── InvalidWorkflow         a workflow was read but cannot run; carries its problems
├── FolderError             a file name is not acceptable, or the file is not there
├── CacheError              a cache entry cannot be used
├── NodeFailed              a node raised while running; carries the node
├── Cancelled               the job was asked to stop
└── WorkerError             the worker process cannot serve
    ├── WorkerCrashed       it ended while running a job
    ├── WorkerHung          it stopped answering
    └── FrameError          a message between server and worker is not acceptable
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

ProblemCode = Literal[
    "bad_document",
    "missing_node_type",
    "unknown_node_type",
    "required_input_missing",
    "invalid_input_type",
    "value_smaller_than_min",
    "value_bigger_than_max",
    "value_not_in_list",
    "dangling_link",
    "bad_slot",
    "bad_link",
    "return_type_mismatch",
    "dependency_cycle",
    "no_outputs",
    "unknown_target",
    "custom_validation_failed",
    "exception_during_validation",
    "subgraph_error",
    "too_large",
    "mismatched",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a workflow, with a sentence that says what to do.

    `node` and `input` are None where the problem concerns the whole workflow or the whole node.
    `value` is what was found (JSON-able); `details` holds machine-readable extras such as `min`, `choices` or `path`.
    """

    code: ProblemCode
    message: str
    node: str | None = None
    input: str | None = None
    value: Any = None  # any JSON value: it is the user's own
    details: Mapping[str, Any] = field(default_factory=dict)  # JSON values


class LatentloomError(Exception):
    """Anything this engine raises on purpose."""


class DeclarationError(LatentloomError):
    """A node declaration cannot be understood; the message names file, function and parameter."""


class JsonError(LatentloomError):
    """A text is not strict JSON; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


class WorkflowError(LatentloomError):
    """A document cannot be read as a workflow."""


class InvalidWorkflow(LatentloomError):
    """A workflow cannot run; `problems` says why, all of it at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class FolderError(LatentloomError):
    """A file name leaves its folder, is not acceptable, or names nothing."""


class CacheError(LatentloomError):
    """A cache entry is damaged or holds something that cannot be stored."""


class NodeFailed(LatentloomError):
    """A node raised while running; `__cause__` is what it raised."""

    def __init__(self, node: str, node_type: str, message: str) -> None:
        super().__init__(message)
        self.node = node
        self.node_type = node_type


class Cancelled(LatentloomError):
    """The job was asked to stop; raised at the next safe point of the running node."""


class WorkerError(LatentloomError):
    """The worker process cannot serve."""


class WorkerCrashed(WorkerError):
    """The worker process ended while it was running a job."""


class WorkerHung(WorkerError):
    """The worker process stopped answering and was replaced."""


class FrameError(WorkerError):
    """A message between server and worker is too large, damaged, or holds something that is not data."""


_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out: Python's own, the device's, or an allocator's."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError | OSError) and any(words in str(error).lower() for words in _MEMORY_WORDS)


def let_go(error: BaseException) -> None:
    """Free what failed functions held: their frames, and so what they allocated, hang on the traceback."""
    part: BaseException | None = error
    seen: set[int] = set()
    while part is not None and id(part) not in seen:  # an exception may name itself as its cause
        seen.add(id(part))
        traceback.clear_frames(part.__traceback__)
        part = part.__cause__ or part.__context__
