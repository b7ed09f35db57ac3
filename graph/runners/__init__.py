"""What runs jobs: inline for tests, notebooks and the command line, or in a supervised worker process."""

from graph.runners.base import Application, ApplicationFactory, CancelFlag, Emit, JobRequest, Runner
from graph.runners.inline import InlineRunner
from graph.runners.process import ProcessRunner
from graph.runners.settings import Supervision, WorkerSettings

__all__ = [
    "Application",
    "ApplicationFactory",
    "CancelFlag",
    "Emit",
    "InlineRunner",
    "JobRequest",
    "ProcessRunner",
    "Runner",
    "Supervision",
    "WorkerSettings",
]
