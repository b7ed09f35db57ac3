"""The events of a job as the classic websocket tells them.

A message is about the nodes that changed and never repeats the others, so what is sent grows linearly with the graph.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.events import (
    Event,
    Failure,
    JobCancelled,
    JobFailed,
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodePreview,
    NodeProgress,
    NodeRef,
    NodesCached,
    NodeSkipped,
    NodeStarted,
)
from graph.spec import Json

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_FORMATS = {"image/jpeg": 1, "image/png": 2}
LANDMARKS = ("job_started", "nodes_cached", "job_succeeded", "job_failed", "job_cancelled")
"""The kinds of events that the history of a job tells."""


@dataclass(frozen=True, slots=True)
class Message:
    """A JSON message."""

    type: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of the work so far, in the two forms that clients understand."""

    job: str
    node: NodeRef
    image: bytes
    media_type: str

    def frame(self, with_metadata: bool) -> bytes:
        """The binary frame: its type (big-endian); the format, or the length of JSON and the JSON; the image."""
        if not with_metadata:
            return struct.pack(">II", _PREVIEW, _FORMATS.get(self.media_type, 1)) + self.image
        metadata = json.dumps({**_place(self.node), "prompt_id": self.job, "image_type": self.media_type}).encode()
        return struct.pack(">II", _PREVIEW_WITH_METADATA, len(metadata)) + metadata + self.image


def status(queue_remaining: int, sid: str | None = None) -> Message:
    """How many jobs wait or run; with the client's id it greets."""
    data: dict[str, Json] = {"status": {"exec_info": {"queue_remaining": queue_remaining}}}
    return Message("status", data if sid is None else {**data, "sid": sid})


class Story:
    """Tells the events of one job; knows which node is the current one, for clients that come late."""

    def __init__(self, job: str) -> None:
        self.job = job
        self.current: NodeRef | None = None
        self._types: dict[str, str] = {}
        self._cached: set[str] = set()

    def tell(self, event: Event) -> Iterator[Message | Preview]:
        """The messages of an event, but for those that follow a job's end (see `ending`)."""
        match event:
            case NodesCached():
                self._cached.update(event.nodes)
            case NodeStarted():
                self.current = event.node
                self._types[event.node.id] = event.type
                yield self._progress_state(event.node, "running", 0, 1)
                yield self.executing(event.node)
            case NodeProgress():
                value, maximum = _number(event.value), _number(event.maximum)
                yield self._progress_state(event.node, "running", value, maximum)
                facts = {"value": value, "max": maximum, "prompt_id": self.job, "node": event.node.id}
                yield Message("progress", facts)
            case NodePreview():
                yield Preview(self.job, event.node, event.image, event.media_type)
            case NodeFinished():
                if event.ui is not None:
                    yield Message("executed", self._shown(event.node, event.ui))
                if not (event.cached and event.node.id in self._cached):
                    yield self._progress_state(event.node, "finished", 1, 1)
            case NodeSkipped():
                if event.message is not None:
                    yield self._blocked(event.node, event.message)
                yield self._progress_state(event.node, "finished", 1, 1)
            case JobFailed(failure=Failure(node=NodeRef() as node)):
                yield self._progress_state(node, "error", 1, 1)
        told = landmark(event, self._types)
        if told is not None:
            yield told

    def executing(self, node: NodeRef | None) -> Message:
        """Which node runs; None means that the job is over."""
        if node is None:
            return Message("executing", {"node": None, "prompt_id": self.job})
        shown = node.display or node.id
        return Message("executing", {"node": node.id, "display_node": shown, "prompt_id": self.job})

    def _shown(self, node: NodeRef, ui: Mapping[str, Json]) -> dict[str, Json]:
        shown = node.display or node.id
        return {"node": node.id, "display_node": shown, "output": dict(ui), "prompt_id": self.job}

    def _progress_state(self, node: NodeRef, state: str, value: float, maximum: float) -> Message:
        facts = {"value": value, "max": maximum, "state": state, "prompt_id": self.job, **_place(node)}
        return Message("progress_state", {"prompt_id": self.job, "nodes": {node.id: facts}})

    def _blocked(self, node: NodeRef, message: str) -> Message:
        return Message(
            "execution_error",
            {
                "prompt_id": self.job,
                "node_id": node.id,
                "node_type": self._types.get(node.id, ""),
                "executed": [],
                "exception_message": f"Execution Blocked: {message}",
                "exception_type": "ExecutionBlocked",
                "traceback": [],
                "current_inputs": {},
                "current_outputs": [],
            },
        )


def landmark(event: Event, types: Mapping[str, str] | None = None) -> Message | None:
    """The message of an event that the history of a job tells too; None for all others.

    Args:
        event: what happened.
        types: node id -> type, where an event itself does not say.
    """
    stamp: dict[str, Json] = {"prompt_id": event.job, "timestamp": round(event.at * 1000)}
    match event:
        case JobStarted():
            return Message("execution_start", stamp)
        case NodesCached():
            return Message("execution_cached", {"nodes": list(event.nodes), **stamp})
        case JobSucceeded():
            return Message("execution_success", stamp)
        case JobFailed():
            return Message("execution_error", {**stamp, **_failure(event.failure, event.executed)})
        case JobCancelled():
            node = event.node.id if event.node is not None else None
            facts = {"node_id": node, "node_type": (types or {}).get(node or ""), "executed": list(event.executed)}
            return Message("execution_interrupted", {**stamp, **facts})
    return None


def _failure(failure: Failure, executed: tuple[str, ...]) -> dict[str, Json]:
    return {
        "node_id": failure.node.id if failure.node is not None else None,
        "node_type": failure.type,
        "executed": list(executed),
        "exception_message": failure.message,
        "exception_type": failure.exception or failure.reason,
        "traceback": list(failure.traceback),
        "current_inputs": dict(failure.inputs),
        "current_outputs": list(executed),
    }


def _place(node: NodeRef) -> dict[str, Json]:
    return {
        "node_id": node.id,
        "display_node_id": node.display or node.id,
        "parent_node_id": node.parent,
        "real_node_id": node.id,
    }


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
