"""Jobs as `/api/jobs` of the classic protocol shows them: one flat record each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.events import Event, JobFailed
from graph.jobs.records import Job, JobState, Output, Payload
from graph.spec import Json
from web.classic.items import history_entry, milliseconds, number_of, prompt_of, queue_item
from web.classic.messages import landmark

STATUSES: Mapping[JobState, str] = {
    "queued": "pending",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "parked": "failed",
    "cancelled": "cancelled",
}
STATES: Mapping[str, tuple[JobState, ...]] = {
    status: tuple(state for state, name in STATUSES.items() if name == status) for status in set(STATUSES.values())
}
_PICTURED = ("images", "video", "audio")


def job_record(job: Job, payload: Payload, outputs: Iterable[Output], landmarks: Sequence[Event]) -> dict[str, Json]:
    """What a list of jobs tells of one; what is not known yet is left out."""
    count, preview = _summary(outputs)
    error = next((event for event in landmarks if isinstance(event, JobFailed)), None)
    told = landmark(error) if error is not None else None
    record = {
        "id": job.id,
        "status": STATUSES[job.state],
        "priority": number_of(job),
        "create_time": milliseconds(job.created),
        "execution_start_time": milliseconds(job.started) if job.started is not None else None,
        "execution_end_time": milliseconds(job.ended) if job.ended is not None and job.started is not None else None,
        "execution_error": dict(told.data) if told is not None else None,
        "outputs_count": count,
        "preview_output": preview,
        "workflow_id": workflow_id(payload),
    }
    return {key: value for key, value in record.items() if value is not None}


def job_details(job: Job, payload: Payload, outputs: Sequence[Output], landmarks: Sequence[Event]) -> dict[str, Json]:
    """Everything there is to tell of one job."""
    record = job_record(job, payload, outputs, landmarks)
    entry = history_entry(job, payload, outputs, landmarks)
    workflow = {"prompt": prompt_of(payload), "extra_data": queue_item(job, payload)[3]}
    return {
        **record,
        "outputs": entry["outputs"],
        "execution_status": entry["status"] if job.is_ended else {},
        "workflow": workflow,
    }


def workflow_id(payload: Payload) -> str | None:
    """The id that the client gave the workflow it came from."""
    found: Any = payload.extra  # JSON of a client: any shape
    for key in ("extra_pnginfo", "workflow", "id"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _summary(outputs: Iterable[Output]) -> tuple[int, dict[str, Json] | None]:
    """How many results there are, and the one that stands for all: a saved picture, else any picture."""
    count = 0
    pictures: list[dict[str, Json]] = []
    for output in outputs:
        for kind, entries in output.ui.items():
            for entry in entries if kind != "animated" and isinstance(entries, list | tuple) else ():
                if isinstance(entry, Mapping):
                    count += 1
                    if kind in _PICTURED or str(entry.get("format", "")).startswith(("video/", "audio/")):
                        pictures.append({**entry, "nodeId": output.node.id, "mediaType": kind})
    saved = (each for each in pictures if each.get("type") == "output")
    return count, next(saved, pictures[0] if pictures else None)
