"""Questions to a worker that wait for their answers, each under a number."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from graph.errors import WorkerError, WorkflowError
from graph.runners.messages import Told
from graph.runners.plans import PlanReport


class Questions:
    """Who waits for which answer. Belongs to one event loop."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Told]] = {}

    @contextmanager
    def asked(self) -> Iterator[tuple[int, "asyncio.Future[Told]"]]:
        """While inside, the answer under a new number is waited for."""
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            yield number, answer
        finally:
            del self._waiting[number]

    def answer(self, told: Told) -> None:
        """Pass an answer on, if somebody still waits for it."""
        waiting = self._waiting.get(told.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(told)

    def give_up(self, error: WorkerError) -> None:
        """Tell all who wait that no answer will come."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)


def report_in(told: Told) -> PlanReport:
    """The plan in an answer.

    Raises:
        WorkflowError: the document cannot be read.
        WorkerError: the worker could not plan it.
    """
    if told.report is not None:
        return told.report
    if told.refusal:
        raise WorkflowError(told.refusal)
    raise WorkerError(f"The worker could not plan this workflow: {told.fault}")
