"""Runs jobs on an application so that each ends with exactly one terminal event, whatever the application does."""

import asyncio
import contextlib
import gc
import traceback
from collections.abc import Mapping

from graph.errors import Cancelled, InvalidWorkflow, NodeFailed, WorkflowError, is_out_of_memory, let_go
from graph.events import TERMINAL, Event, Failure, JobCancelled, JobFailed, NodeRef
from graph.runners.base import Application, CancelFlag, Emit, JobRequest
from graph.runners.messages import Ask, Told

_LETTING_GO_SECONDS = 0.05
"""How long the thread of a node that ran out of memory may take to let go of it, before the next job begins."""


async def perform(application: Application, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
    """Run a job; what the application raises becomes its terminal event, and nothing follows a terminal event."""
    end: Event | None = None

    def emit_until_end(event: Event) -> None:
        nonlocal end
        if end is None:
            end = event if isinstance(event, TERMINAL) else None
            emit(event)

    try:
        await application.run(job, emit_until_end, cancel)
    except Cancelled:
        emit_until_end(JobCancelled(job=job.id))
    except GeneratorExit:
        raise
    except BaseException as error:  # whatever a node raises, `SystemExit` included, must not end the worker silently
        if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
            raise
        emit_until_end(JobFailed(job=job.id, failure=failure_of(error)))
        let_go(error)
    message = "The job ended without a result: the application returned without a terminal event. This is a bug there."
    emit_until_end(JobFailed(job=job.id, failure=Failure(reason="worker_lost", message=message)))
    if isinstance(end, JobFailed) and end.failure.reason == "out_of_memory":
        await asyncio.sleep(_LETTING_GO_SECONDS)
        gc.collect()


def free_whatever_happens(application: Application, models: bool, results: bool) -> None:
    """Have an application give memory back; what it raises is printed and ends nothing."""
    try:
        application.free(models, results)
        gc.collect()
    except Exception:  # the application's own code, between two jobs
        traceback.print_exc()


def tell_held(application: Application) -> Mapping[str, int]:
    """How many bytes an application holds; nothing if it cannot tell."""
    try:
        return dict(application.held())
    except Exception:  # as above
        traceback.print_exc()
        return {}


async def tell_plan(application: Application, asked: Ask) -> Told:
    """The answer to a question for a plan or a check; what the application raises becomes the answer."""
    tell = application.check if asked.checks_only else application.plan
    try:
        return Told(number=asked.number, report=await tell(asked.document, asked.targets))
    except WorkflowError as error:
        return Told(number=asked.number, refusal=str(error))
    except Exception as error:  # the application's own code: whatever it raises is told, and ends nothing
        traceback.print_exc()
        return Told(number=asked.number, fault=f"{type(error).__name__}: {error}")


def run_whatever_happens(loop: asyncio.AbstractEventLoop) -> None:
    """Run an event loop until it is stopped, even if a task raises `SystemExit` or the like.

    asyncio lets such exceptions end the loop as well; the task keeps them for whoever awaits it, which is enough.
    """
    is_stopped = False
    while not is_stopped:
        with contextlib.suppress(BaseException):
            loop.run_forever()
            is_stopped = True


def failure_of(error: BaseException) -> Failure:
    """Why a job failed, given what ended it."""
    cause = error.__cause__ if isinstance(error, NodeFailed) and error.__cause__ is not None else error
    if isinstance(error, InvalidWorkflow | WorkflowError):
        return Failure(reason="invalid", message=str(error))
    return Failure(
        reason="out_of_memory" if is_out_of_memory(cause) else "node_error",
        message=_message(error, cause),
        node=NodeRef(id=error.node) if isinstance(error, NodeFailed) else None,
        type=error.node_type if isinstance(error, NodeFailed) else None,
        exception=f"{type(cause).__module__}.{type(cause).__qualname__}",
        traceback=tuple(traceback.format_exception(cause)),
    )


def _message(error: BaseException, cause: BaseException) -> str:
    if isinstance(error, NodeFailed):
        return str(error)
    if is_out_of_memory(cause):
        said = str(cause).rstrip(".") or type(cause).__name__
        return f"Memory ran out: {said}. Use smaller pictures or batches, or allow more memory."
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
