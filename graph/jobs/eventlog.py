"""The log of events in the database: appended in order, read from any place."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from graph.events import Event, NodeFinished, NodeRef
from graph.jobs.codec import event_columns, event_of, to_json
from graph.jobs.records import Output
from graph.jobs.schema import EVENT, JOB, OUTPUT

# Made once, as in `leasing`.
_INSERT_EVENT = insert(EVENT)
_KEEP_OUTPUT = {
    name: dialect.insert(OUTPUT).on_conflict_do_update(
        index_elements=[OUTPUT.c.job_key, OUTPUT.c.node], set_={"ref": text("excluded.ref"), "ui": text("excluded.ui")}
    )
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
"""By database: what a node shows takes the place of what it showed before."""


def record(connection: Connection, key: int, events: Sequence[Event]) -> None:
    """Add events to the log of a job, and what its output nodes show to its outputs."""
    if not events:
        return
    connection.execute(_INSERT_EVENT, [event_columns(key, event) for event in events])
    shown = {event.node.id: event for event in events if isinstance(event, NodeFinished) and event.ui is not None}
    if shown:
        keep = _KEEP_OUTPUT[connection.dialect.name]
        connection.execute(keep, [_output_columns(key, event) for event in shown.values()])


def events_after(connection: Connection, job_id: str, after_seq: int, limit: int) -> list[Event]:
    """The events of a job that follow `after_seq`, at most `limit`."""
    columns = (EVENT.c.seq, EVENT.c.at, EVENT.c.kind, EVENT.c.data)
    query = select(*columns).join(JOB, JOB.c.key == EVENT.c.job_key).where(JOB.c.id == job_id, EVENT.c.seq > after_seq)
    return [event_of(job_id, row) for row in connection.execute(query.order_by(EVENT.c.seq).limit(limit))]


def count(connection: Connection) -> int:
    """How many events there are: `seq` has no gaps, so the jobs know, and their table is far smaller."""
    return int(connection.execute(select(func.coalesce(func.sum(JOB.c.last_seq), 0))).scalar_one())


def events_of_kinds(connection: Connection, job_ids: Sequence[str], kinds: Sequence[str]) -> dict[str, list[Event]]:
    """The events of these kinds, in order, by job; jobs that have none are left out."""
    columns = (JOB.c.id, EVENT.c.seq, EVENT.c.at, EVENT.c.kind, EVENT.c.data)
    query = select(*columns).join(JOB, JOB.c.key == EVENT.c.job_key)
    found: dict[str, list[Event]] = {}
    for row in connection.execute(
        query.where(JOB.c.id.in_(job_ids), EVENT.c.kind.in_(kinds)).order_by(EVENT.c.job_key, EVENT.c.seq)
    ):
        found.setdefault(row.id, []).append(event_of(row.id, row))  # type: ignore[arg-type]  # one column more
    return found


def executed_nodes(connection: Connection, key: int) -> tuple[str, ...]:
    """The nodes that the log says were really run, over all attempts, in the order in which they finished."""
    is_finished = (EVENT.c.job_key == key) & (EVENT.c.kind == "node_finished")
    rows = connection.execute(select(EVENT.c.data).where(is_finished).order_by(EVENT.c.seq)).scalars()
    finished = [json.loads(data) for data in rows]
    return tuple(dict.fromkeys(each["node"]["id"] for each in finished if not each.get("cached")))


def outputs_of(connection: Connection, job_ids: Sequence[str]) -> dict[str, list[Output]]:
    """What the output nodes of these jobs show, by job."""
    columns = (JOB.c.id, OUTPUT.c.ref, OUTPUT.c.ui)
    query = select(*columns).join(JOB, JOB.c.key == OUTPUT.c.job_key).where(JOB.c.id.in_(job_ids))
    outputs: dict[str, list[Output]] = {}
    for row in connection.execute(query.order_by(JOB.c.key, OUTPUT.c.node)):
        outputs.setdefault(row.id, []).append(Output(NodeRef.model_validate_json(row.ref), json.loads(row.ui)))
    return outputs


def _output_columns(key: int, event: NodeFinished) -> dict[str, object]:
    return {"job_key": key, "node": event.node.id, "ref": event.node.model_dump_json(), "ui": to_json(event.ui)}
