"""The writer thread: every change of the store goes through it, many changes to one commit."""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from graph.faults import fault_point
from graph.jobs.errors import JobError, StorageFull, StoreClosed, StoreError

_LOGGER = logging.getLogger("latentloom.jobs")
_RETRY_SECONDS = (0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
"""How long to wait before an operation is tried again after a deadlock or a lost connection."""

T = TypeVar("T")
Operation = Callable[[Connection], T]
"""A change, run inside a transaction. It may run more than once, and decides (raises) before it writes."""


@dataclass(frozen=True, slots=True)
class _Task:
    operation: Operation[Any]  # each task has its own type of result
    future: "asyncio.Future[Any]"  # as above
    after: Callable[[Any], None] | None  # as above


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: object = None
    error: Exception | None = None


class Writer:
    """Runs operations one after the other on one connection, and answers when they are durable.

    Operations that wait together share one transaction (group commit): a commit costs a sync of the disk, whether it
    holds one change or hundreds.
    """

    def __init__(self, engine: Engine, max_batch: int = 256, tidy: Callable[[], None] | None = None) -> None:
        self._engine = engine
        self._tidy = tidy
        self._max_batch = max_batch
        self._loop = asyncio.get_running_loop()
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="job-writer", daemon=True)
        self._is_closed = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def do(self, operation: Operation[T], after: Callable[[T], None] | None = None) -> T:
        """Run an operation and wait until it is committed.

        `after` is called with the result on the event loop once it is committed, even if nobody waits any more.

        Raises:
            JobError: what the operation raised; nothing of it was written.
            StoreError: the database could not take it.
        """
        if self._is_closed:
            raise StoreClosed("The job store is closed; nothing can be changed any more.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._tasks.put(_Task(operation, future, after))
        return await future

    def close(self) -> None:
        """Finish what was asked for and end the thread. Blocks."""
        self._is_closed = True
        if self._thread.is_alive():
            self._tasks.put(None)
            self._thread.join()

    def _serve(self) -> None:
        is_open = True
        while is_open:
            tasks: list[_Task] = []
            task = self._tasks.get()
            while task is not None:
                tasks.append(task)
                if len(tasks) == self._max_batch or self._tasks.empty():
                    break
                task = self._tasks.get()
            is_open = task is not None
            if tasks:
                self._settle(tasks, self._commit(tasks))
                self._do_what_can_wait()

    def _do_what_can_wait(self) -> None:
        try:
            if self._tidy is not None:
                self._tidy()
        except (SQLAlchemyError, sqlite3.Error) as error:  # nobody waits for it
            _LOGGER.warning("The job database could not be tidied: %s", error)

    def _commit(self, tasks: Sequence[_Task]) -> list[_Outcome]:
        try:
            outcomes = self._transaction(tasks)
        except Exception as error:  # a database may fail in many ways; each task then finds out by itself
            if len(tasks) > 1:
                _LOGGER.debug("A transaction of %d changes failed and is split: %s", len(tasks), error)
            pauses = iter(_RETRY_SECONDS)  # shared, so that an outage is waited for once and not once per task
            outcomes = [self._commit_alone(task, pauses) for task in tasks]
        fault_point("store_after_commit")
        return outcomes

    def _transaction(self, tasks: Sequence[_Task]) -> list[_Outcome]:
        with self._engine.begin() as connection:
            outcomes = [_attempt(task, connection) for task in tasks]
            fault_point("store_before_commit")
        return outcomes

    def _commit_alone(self, task: _Task, pauses: Iterator[float]) -> _Outcome:
        is_retried = False
        while True:
            try:
                return self._transaction([task])[0]
            except Exception as error:  # as in `_commit`
                pause = next(pauses, None) if _may_pass(error, is_retried) else None
                if pause is None:
                    return _Outcome(error=_explain(error))
                is_retried = True
                time.sleep(pause)

    def _settle(self, tasks: Sequence[_Task], outcomes: Sequence[_Outcome]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is gone, and with it whoever asked
            self._loop.call_soon_threadsafe(_answer, tasks, outcomes)


def _attempt(task: _Task, connection: Connection) -> _Outcome:
    try:
        return _Outcome(value=task.operation(connection))
    except JobError as error:
        return _Outcome(error=error)


def _answer(tasks: Sequence[_Task], outcomes: Sequence[_Outcome]) -> None:
    for task, outcome in zip(tasks, outcomes, strict=True):
        if outcome.error is None and task.after is not None:
            task.after(outcome.value)
        if task.future.done():  # whoever asked gave up waiting
            continue
        if outcome.error is None:
            task.future.set_result(outcome.value)
        else:
            task.future.set_exception(outcome.error)


def _may_pass(error: Exception, is_retried: bool) -> bool:
    """Whether the same operation may succeed a moment later."""
    if isinstance(error, IntegrityError):  # a lost race with another server: the next look sees what that one wrote
        return not is_retried
    if not isinstance(error, OperationalError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return "locked" in str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state[:2] in ("08", "40", "53", "57")  # connection, rollback, resources, shutdown


def _is_full(error: Exception) -> bool:
    text = str(error.orig).lower() if isinstance(error, DBAPIError) else ""
    return "disk is full" in text or "no space left" in text


def _explain(error: Exception) -> Exception:
    if _is_full(error):
        return StorageFull(
            "The job could not be written: the disk of the data folder is full. Free some space; nothing that was "
            "accepted is lost."
        )
    if isinstance(error, SQLAlchemyError):
        detail = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        explained = StoreError(f"The job database could not take a change: {detail.strip()}")
        explained.__cause__ = error
        return explained
    return error
