"""How a worker process ended, in words: for errors, for logs and for the failure of the job that it was running."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graph.errors import WorkerCrashed, WorkerError, WorkerHung
from graph.events import Failure, NodeStarted
from graph.runners.messages import CONNECTION_LOST

Cause = Literal["exit", "hang", "garbled", "cancel", "stop"]
"""It ended by itself; was killed because it was silent; because it sent nonsense; to cancel a job; or on request."""

_SIGNAL_WORDS = {
    "SIGSEGV": "a segmentation fault: native code touched memory that is not its own",
    "SIGBUS": "a bus error: native code touched memory that is not there, often a file that was cut short",
    "SIGABRT": "an abort: native code gave up",
    "SIGILL": "an illegal instruction: native code was built for another processor",
    "SIGFPE": "an arithmetic error in native code",
    "SIGKILL": "it was killed from outside, most often by the system because memory ran out",
    "SIGTERM": "it was asked to end from outside",
}


@dataclass(frozen=True)
class Ending:
    """How a worker process ended."""

    exit_code: int
    """As `subprocess` gives it: minus the signal's number where a signal ended it."""
    cause: Cause = "exit"
    detail: str = ""
    """What exactly was wrong, where its supervisor killed it."""
    output: tuple[str, ...] = ()
    """The last lines that it printed; after a crash, where in the code it was."""

    @property
    def is_wanted(self) -> bool:
        """Whether it ended because somebody asked for it."""
        return self.cause in ("cancel", "stop")

    def sentence(self) -> str:
        """What happened to the process, as the end of a sentence that begins with its name."""
        if self.cause == "exit":
            return _exit_words(self.exit_code)
        if self.cause == "cancel":
            return "was replaced because a cancelled job did not stop"
        if self.cause == "stop":
            return "was stopped"
        return f"was replaced: {self.detail.rstrip('.')}"

    def error(self) -> WorkerError:
        """The exception that says so."""
        kind = {"hang": WorkerHung, "stop": WorkerError, "cancel": WorkerError}.get(self.cause, WorkerCrashed)
        return kind(f"The worker process {self.sentence()}.")


def failure_of_ending(
    ending: Ending, running: Sequence[NodeStarted], attempts: int, titles: Mapping[str, str]
) -> Failure:
    """Why a job failed that was running when its worker ended `attempts` times."""
    where = " and ".join(describe_node(each, titles) for each in running) or "While no node was running"
    tries = f" (attempt {attempts}, the last one)" if attempts > 1 else ""
    if ending.is_wanted:
        return Failure(reason="worker_lost", message=f"{where}: the worker {ending.sentence()}; run the job again.")
    return Failure(
        reason="timeout" if ending.cause == "hang" else "crash",
        message=f"{where}: the worker process {ending.sentence()}{tries}. {_advice(ending)}",
        node=running[0].node if running else None,
        type=running[0].type if running else None,
        traceback=ending.output,
    )


def describe_node(started: NodeStarted, titles: Mapping[str, str]) -> str:
    """A node as messages name it: `Node 7 "Sample"`."""
    shown = started.node.display or started.node.id
    return f'Node {started.node.id} "{titles.get(shown) or started.type}"'


def _exit_words(code: int) -> str:
    if code == CONNECTION_LOST:
        return "ended because it lost its connection: something closed or replaced its file descriptors"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"was ended by signal {-code}"
    words = _SIGNAL_WORDS.get(name)
    return f"was ended by {name} ({words})" if words else f"was ended by {name}"


def _advice(ending: Ending) -> str:
    if ending.cause == "hang":
        return (
            "Run the job again with less work in that node, or allow more silence (`hang_seconds`) if it only is slow."
        )
    if ending.cause == "garbled":
        return "This is a bug in the worker or in a node pack that writes to its connection; please report it."
    if ending.exit_code == -getattr(signal, "SIGKILL", 9):
        return "Use smaller pictures, batches or models, or give the machine more memory; finished nodes are kept."
    return (
        "Finished nodes are kept in the cache. Change the inputs of that node, or update the node pack or library it "
        "comes from; the traceback shows the last lines that the worker printed."
    )
