"""Questions that are asked all the time must not look at all jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from graph.jobs import controls, leasing, listing, submitting
from graph.jobs.leasing import LeaseTerms
from graph.jobs.opening import open_database
from graph.jobs.records import JobFilter
from graph.jobs.schema import JOB
from graph.jobs.sqlite import SqliteBackend
from tests.graph.jobs.worlds import submission


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[SqliteBackend]:
    opened = open_database(tmp_path)
    assert isinstance(opened.backend, SqliteBackend)
    yield opened.backend
    opened.backend.close()
    opened.lock.release()


def plans_of(engine: Engine, work) -> list[str]:
    """How SQLite goes about each statement of some work."""
    said: list[str] = []

    def explain(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            raw = connection.connection.driver_connection
            said.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall())

    event.listen(engine, "before_cursor_execute", explain)
    with engine.begin() as connection:
        work(connection)
    event.remove(engine, "before_cursor_execute", explain)
    return said


def submit(connection: Connection, backend: SqliteBackend) -> None:
    submitting.submit(connection, backend, submitting.prepare(submission()), 0.0)


@pytest.mark.parametrize(
    "work",
    [
        submit,
        lambda c, b: leasing.lease(c, b, LeaseTerms(), "worker", 0.0),
        lambda c, b: leasing.requeue_expired(c, b, LeaseTerms(), 0.0),
        lambda c, b: listing.page(c, JobFilter(states=("queued",)), "queue", 0, 10),
        lambda c, b: listing.counts(c, None),
        lambda c, b: controls.cancel(c, "x", 0.0),
        lambda c, b: controls.reorder(c, ["x", "y"]),
        lambda c, b: controls.move_to_front(c, "x"),
    ],
)
def test_an_index_answers(backend: SqliteBackend, work):
    with backend.writing.begin() as connection:
        for _ in range(5):
            submit(connection, backend)
        submitting.submit(connection, backend, submitting.prepare(submission(id="x")), 0.0)
    plans = plans_of(backend.writing, lambda connection: work(connection, backend))
    assert plans
    assert not [plan for plan in plans if plan in ("SCAN job", "USE TEMP B-TREE FOR ORDER BY")]


def test_the_check_above_would_find_a_scan(backend: SqliteBackend):
    query = select(func.count()).where(JOB.c.message == "x")
    assert plans_of(backend.writing, lambda connection: connection.execute(query).all()) == ["SCAN job"]
