"""What past jobs tell of how long nodes run: read from their logs when somebody asks, so that no job pays for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from graph.errors import WorkflowError
from graph.estimates.estimator import Estimator
from graph.estimates.timing import Run, runs_of
from graph.events import Event, NodeFinished
from graph.jobs import eventlog, listing
from graph.jobs.records import Job, JobFilter, Payload
from graph.registry import Catalogue
from graph.validation import Choices, validate
from graph.workflow import Workflow

_JOBS = 20
"""How many of the latest jobs are looked at."""
_MOST_EVENTS = 4000
"""Jobs with longer logs are passed over."""
_REMEMBERED = 200

T = TypeVar("T")


class Read(Protocol):
    """Asks the database of the jobs something."""

    def __call__(self, question: Callable[[Connection], T], /) -> Awaitable[T]:
        """The answer."""
        ...


class PastRuns:
    """How long nodes ran in past jobs. What was read of a job is remembered.

    Args:
        read: asks the database of the jobs.
        estimator: says how much the nodes had to do.
        choices: what is in the folders.
    """

    def __init__(self, read: Read, estimator: Estimator, choices: Choices) -> None:
        self._read = read
        self._estimator = estimator
        self._choices = choices
        self._known: OrderedDict[str, Sequence[Run]] = OrderedDict()

    async def runs(self, catalogue: Catalogue) -> list[Run]:
        """What was measured in the latest jobs that succeeded, the latest first."""
        succeeded = JobFilter(states=("succeeded",))
        page = await self._read(lambda c: listing.page(c, succeeded, "newest", 0, _JOBS))
        jobs = [job for job in page.jobs if job.last_seq <= _MOST_EVENTS]
        unknown = [job.id for job in jobs if job.id not in self._known]
        if unknown:
            payloads = await self._read(lambda c: listing.payloads(c, unknown))
            events = await self._read(lambda c: eventlog.events_of_kinds(c, unknown, ("node_finished",)))
            self._known |= await asyncio.to_thread(self._look, catalogue, payloads, events)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return [run for job in jobs for run in self._of(job)]

    def _of(self, job: Job) -> Sequence[Run]:
        return self._known.get(job.id, ())

    def _look(
        self, catalogue: Catalogue, payloads: Mapping[str, Payload], events: Mapping[str, Sequence[Event]]
    ) -> dict[str, Sequence[Run]]:
        return {job: self._runs(catalogue, each, events.get(job, ())) for job, each in payloads.items()}

    def _runs(self, catalogue: Catalogue, payload: Payload, events: Sequence[Event]) -> Sequence[Run]:
        seconds = {each.node.id: each.seconds for each in events if isinstance(each, NodeFinished) and not each.cached}
        if not seconds:
            return ()
        try:
            workflow = Workflow.parse(payload.document)
        except WorkflowError:
            return ()
        graph = validate(workflow, catalogue, choices=self._choices, targets=payload.targets).graph
        return runs_of(graph, self._estimator.of(graph), seconds) if graph is not None else ()
