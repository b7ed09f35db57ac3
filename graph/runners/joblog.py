"""The log of one job as its runner keeps it: numbers the events and knows what is running."""

import time
from collections.abc import Callable
from typing import Literal

from graph.events import (
    TERMINAL,
    Event,
    Failure,
    JobCancelled,
    JobFailed,
    JobSucceeded,
    NodeFinished,
    NodeLog,
    NodePreview,
    NodeRef,
    NodeSkipped,
    NodeStarted,
)
from graph.runners.base import JobRequest

LogLevel = Literal["debug", "info", "warning", "error"]


class JobLog:
    """Numbers the events of a job across all its attempts.

    Previews do not count, so that a log without them has no gaps: a preview repeats the number before it.
    """

    def __init__(self, job: JobRequest, clock: Callable[[], float] = time.time) -> None:
        self._job = job
        self._clock = clock
        self.seq = job.first_seq - 1
        """The number of the last event."""
        self._finished: list[str] = []
        self._earlier: tuple[str, ...] = ()
        self.running: dict[str, NodeStarted] = {}
        """The nodes that began and have not ended, by id, in the order in which they began."""
        self.is_ended = False
        """Whether the terminal event was written."""

    def write(self, event: Event) -> Event:
        """The event with its number and time, as it belongs to the history of the job.

        A line that names no node is put down to the running one, if there is just one.
        """
        if not isinstance(event, NodePreview):
            self.seq += 1
        self._follow(event)
        if self._is_written(event):
            return event
        changes: dict[str, object] = {"job": self._job.id, "seq": self.seq, "at": event.at or self._clock()}
        if isinstance(event, NodeLog) and event.node is None:
            changes["node"] = self._only_running()
        if isinstance(event, TERMINAL):
            self.is_ended = True
            changes["executed"] = self._executed(event)
        return event.model_copy(update=changes)

    def _is_written(self, event: Event) -> bool:
        """Whether an event has its number and time already, as the first attempt's have: copies cost."""
        is_numbered = event.job == self._job.id and event.seq == self.seq and event.at > 0
        return is_numbered and not isinstance(event, (NodeLog, *TERMINAL))

    def interrupt(self) -> None:
        """Note that the worker is gone: nothing runs any more, and what finished counts as executed."""
        self._earlier = tuple(dict.fromkeys((*self._earlier, *self._finished)))
        self._finished = []
        self.running = {}

    def failed(self, failure: Failure) -> Event:
        """The written event that the job failed."""
        return self.write(JobFailed(job=self._job.id, failure=failure))

    def cancelled(self) -> Event:
        """The written event that the job was stopped on request."""
        node = next(iter(self.running.values())).node if self.running else None
        return self.write(JobCancelled(job=self._job.id, node=node))

    def noted(self, message: str, level: LogLevel = "info") -> Event:
        """The written event that something is worth reading."""
        return self.write(NodeLog(job=self._job.id, level=level, message=message))

    def _only_running(self) -> NodeRef | None:
        return next(iter(self.running.values())).node if len(self.running) == 1 else None

    def _follow(self, event: Event) -> None:
        if isinstance(event, NodeStarted):
            self.running[event.node.id] = event
        elif isinstance(event, NodeFinished | NodeSkipped):
            self.running.pop(event.node.id, None)
            if isinstance(event, NodeFinished) and not event.cached:
                self._finished.append(event.node.id)

    def _executed(self, event: JobSucceeded | JobFailed | JobCancelled) -> tuple[str, ...]:
        """What ran over all attempts; this attempt's own account where it gave one."""
        return tuple(dict.fromkeys((*self._earlier, *(event.executed or self._finished))))
