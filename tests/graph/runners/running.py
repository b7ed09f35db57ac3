"""What the tests of runners share: documents of one line, and jobs run to their end."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.events import TERMINAL, Event, NodeFinished, NodePreview
from graph.runners import JobRequest, Runner, WorkerSettings

FACTORY = "tests.graph.runners.applications:create"


def worker_settings(**changes: Any) -> WorkerSettings:
    return WorkerSettings(**{"factory": FACTORY, "beat_seconds": 0.1, **changes})


def document(*nodes: tuple[str, str] | tuple[str, str, Mapping[str, Any]]) -> dict[str, Any]:
    """`document(("1", "value", {"text": "x"}))`: node id, what it does, with what."""
    return {each[0]: {"class_type": each[1], "inputs": dict(each[2]) if len(each) > 2 else {}} for each in nodes}


def job(job_id: str, *nodes: Any, **changes: Any) -> JobRequest:
    return JobRequest(id=job_id, document=document(*nodes), **changes)


async def events_of(runner: Runner, request: JobRequest) -> list[Event]:
    """Every event of a job, after checking what holds for each job."""
    events = [event async for event in runner.run(request)]
    check_log(request, events)
    return events


async def result_of(runner: Runner, request: JobRequest) -> Event:
    return (await events_of(runner, request))[-1]


async def shown_by(runner: Runner, request: JobRequest) -> Any:
    """What the only node of a job shows."""
    events = await events_of(runner, request)
    return next(event.ui for event in events if isinstance(event, NodeFinished))


def check_log(request: JobRequest, events: Sequence[Event]) -> None:
    assert [event for event in events if isinstance(event, TERMINAL)] == [events[-1]]
    assert {event.job for event in events} == {request.id}
    assert all(event.at > 0 for event in events)
    counted = [event.seq for event in events if not isinstance(event, NodePreview)]
    assert counted == list(range(request.first_seq, request.first_seq + len(counted)))
