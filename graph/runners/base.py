"""What runs jobs: the `Runner` protocol, what a job asks for, and the `Application` that does the work."""

import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from graph.events import Event
from graph.registry import Catalogue
from graph.runners.plans import PlanReport
from graph.spec import Json

Emit = Callable[[Event], None]
"""Takes an event of the running job. Callable from any thread; may wait while the reader is behind."""


class JobRequest(BaseModel):
    """What a job asks for: a document, which of its outputs, and how to show the work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    document: Mapping[str, Any]  # JSON: a workflow document or a bare execution graph
    targets: tuple[str, ...] | None = None
    """The output nodes that are to run; None means all of them."""
    extra: Mapping[str, Any] = Field(default_factory=dict)  # JSON: what the client sent along (`extra_data`)
    rerun: tuple[str, ...] = ()
    """The nodes that are to run, with all that follows from them, though their results may be known."""
    previews: str = "none"
    """How to show running pictures: `none`, `auto`, `latent2rgb` or `taesd`."""
    attempt: int = Field(default=1, ge=1)
    """Counts the workers that began this job; results of earlier attempts are found in the cache."""
    first_seq: int = Field(default=1, ge=1)
    """The `seq` of the first event: 1, or where an earlier run of the same job stopped."""


class CancelFlag:
    """Whether a job was asked to stop. Set once, from any thread; never taken back."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._guard = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []

    def set(self) -> None:
        """Ask the job to stop."""
        with self._guard:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for each in callbacks:
            each()

    def is_set(self) -> bool:
        """Whether the job was asked to stop. Cheap: meant to be polled at every step."""
        return self._event.is_set()

    def on_set(self, callback: Callable[[], object]) -> None:
        """Call `callback` once when the flag is set, in the thread that sets it; at once if it is set already."""
        with self._guard:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()


class Application(Protocol):
    """Does the work of a worker: knows the node types, and runs jobs.

    A worker process builds one from an import path, so that the server never imports a node. Building it must not touch
    the device: a spare worker holds one too.
    """

    @property
    def catalogue(self) -> Catalogue:
        """Every node type, as data."""
        ...

    async def run(self, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
        """Run a job and tell through `emit` what happens, a terminal event last.

        `seq` and `at` of the events are filled in by the runner. What this raises becomes the failure of the job.
        """
        ...

    async def plan(self, document: Mapping[str, Any], targets: Sequence[str] | None) -> PlanReport:
        """What would run of a document, what is cached and why not. May be asked while a job runs; changes nothing.

        Raises:
            WorkflowError: the document cannot be read.
        """
        ...

    async def check(self, document: Mapping[str, Any], targets: Sequence[str] | None) -> PlanReport:
        """What is wrong with a document, the nodes' own checks included. Plans nothing; raises as `plan`."""
        ...

    def free(self, models: bool, results: bool) -> None:
        """Give memory back: weights that nobody uses, and the results that are kept in memory.

        Called while no job runs.
        """
        ...

    def held(self) -> Mapping[str, int]:
        """How many bytes it holds: `results` in memory, weights of `models`, memory of the `device`.

        What it cannot tell is left out. Called while no job runs.
        """
        ...


ApplicationFactory = Callable[[Mapping[str, Json]], Application]
"""Builds the application of a worker from plain settings; named by import path, as in `nodes.application:create`."""


class Runner(Protocol):
    """Runs jobs one at a time, in the order in which they came."""

    async def start(self) -> None:
        """Get ready to run jobs.

        Raises:
            WorkerError: it cannot be made ready; the message says why.
        """
        ...

    @property
    def catalogue(self) -> Catalogue:
        """Every node type that jobs may use; known after `start`."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why jobs would fail at present through no fault of theirs, as a sentence; None if all is well."""
        ...

    def run(self, job: JobRequest) -> AsyncGenerator[Event, None]:
        """The events of a job, as they happen, until its terminal event.

        Exactly one event is terminal and it is the last. `seq` counts up without gaps from `job.first_seq`, except that
        previews do not count: they repeat the `seq` before them. A reader who stops early (`aclose`) cancels the job.

        Raises:
            ValueError: a job of this id is running already.
        """
        ...

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop, whether it waits or runs; its events end with `JobCancelled`, or as they would have.

        Returns whether there is such a job.
        """
        ...

    async def plan(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What would run of a document, what is cached and why not, also while a job runs.

        Raises:
            WorkflowError: the document cannot be read.
            WorkerError: there is no worker to ask, or it ended.
        """
        ...

    async def check(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What is wrong with a document, the nodes' own checks included; no node is planned. Raises as `plan`."""
        ...

    async def free(self, *, models: bool, results: bool) -> None:
        """Have memory given back as soon as no job runs: weights of models, results that are kept in memory."""
        ...

    async def stop(self) -> None:
        """Give everything back. A job that still runs ends with the failure `worker_lost`: it may be run again."""
        ...
