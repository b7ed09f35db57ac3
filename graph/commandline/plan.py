"""`plan`: say what would run of a workflow, what is cached and why not, and how much memory and time it takes."""

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from graph.application import EngineApplication
from graph.commandline.limits import add_memory_limit, estimator_from
from graph.commandline.options import (
    add_device,
    add_places,
    add_workflow,
    load_application,
    read_workflow,
    settings_from,
)
from graph.errors import Problem, WorkflowError
from graph.estimates import Estimate, Estimator
from graph.estimates.past import PastRuns
from graph.estimates.timing import Duration, Run, durations
from graph.jobs.opening import DATABASE_NAME
from graph.jobs.sqlite import sqlite_engine
from graph.runners.plans import PlanReport
from graph.settings import Settings
from graph.validation import validate
from graph.workflow import Workflow

CAN_RUN, INVALID = 0, 2
_GIB, _MIB = 1024**3, 1024**2
_MARKS = {"run": ("●", "green"), "hit": ("○", "cyan"), "not_needed": ("·", "dim"), "lazy": ("◌", "yellow")}

T = TypeVar("T")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    add_workflow(parser)
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    add_device(parser)
    add_memory_limit(parser)
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Plan the workflow; returns 0 if something can run, otherwise 2."""
    settings = settings_from(options)
    application = load_application(nodes, settings)
    try:
        workflow = read_workflow(options, application.catalogue)
        planned = asyncio.run(_plan(application, workflow, estimator_from(options, settings), settings))
    except WorkflowError as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        return INVALID
    if options.json:
        print(json.dumps(planned.to_data()))
    else:
        _show(planned)
    return CAN_RUN if planned.can_run else INVALID


@dataclass(frozen=True)
class _Planned:
    report: PlanReport
    estimate: Estimate
    took: Mapping[str, Duration]
    too_large: tuple[Problem, ...]
    limit_bytes: int | None
    can_run: bool

    @property
    def seconds(self) -> float | None:
        """About how long what has to run takes, as far as it was measured."""
        known = [
            self.took[each.id].seconds for each in self.report.nodes if each.state == "run" and each.id in self.took
        ]
        return sum(known) if known else None

    def to_data(self) -> dict[str, Any]:  # JSON
        nodes = []
        for each in self.report.nodes:
            known, took = self.estimate.nodes.get(each.id), self.took.get(each.id)
            nodes.append(
                {
                    **each.model_dump(),
                    "memory_bytes": known.nbytes if known is not None else None,
                    "model_bytes": known.weight_bytes if known is not None else None,
                    "seconds": took.seconds if took is not None else None,
                    "measured": took.runs if took is not None else 0,
                }
            )
        memory = {
            "peak_bytes": self.estimate.peak_bytes,
            "model_bytes": self.estimate.model_bytes,
            "limit_bytes": self.limit_bytes,
        }
        problems = [*(each.message for each in self.report.problems), *(each.message for each in self.too_large)]
        return {"nodes": nodes, "memory": memory, "seconds": self.seconds, "problems": problems}


async def _plan(
    application: EngineApplication, workflow: Workflow, estimator: Estimator, settings: Settings
) -> _Planned:
    report = await application.plan(workflow.dump(), None)
    choices = settings.folders.names
    validated = validate(workflow, application.catalogue, choices=choices)
    graph = validated.graph
    if graph is None:
        return _Planned(report, Estimate(), {}, (), estimator.limit_bytes, can_run=False)
    judged = estimator.judge(validated)
    too_large = tuple(each for each in judged.problems if each.code in ("too_large", "mismatched"))
    estimate = estimator.of(graph)
    took = durations(graph, estimate, await _measured(application, estimator, settings))
    can_run = judged.graph is not None and bool(report.targets)
    return _Planned(report, estimate, took, too_large, estimator.limit_bytes, can_run)


async def _measured(application: EngineApplication, estimator: Estimator, settings: Settings) -> list[Run]:
    """How long nodes ran in the jobs of a server that uses the same data folder; it may be running."""
    file = Path(settings.data) / DATABASE_NAME
    if not file.is_file():
        return []
    engine = sqlite_engine(file, size=1, is_reader=True)

    async def read(question: Callable[[Connection], T]) -> T:
        with engine.begin() as connection:
            return question(connection)

    try:
        return await PastRuns(read, estimator, settings.folders.names).runs(application.catalogue)
    finally:
        engine.dispose()


def _show(planned: _Planned) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("node", "", "memory", "time", ""):
        table.add_column(name)
    for each in planned.report.nodes:
        mark, colour = _MARKS[each.state]
        known, took = planned.estimate.nodes.get(each.id), planned.took.get(each.id)
        memory = _bytes(known.nbytes + known.weight_bytes) if known is not None else ""
        seconds = f"{took.seconds:.2f} s" if took is not None and each.state == "run" else ""
        title = Text(f"{mark} {each.title}", colour)
        table.add_row(title, each.state.replace("_", " "), memory, seconds, Text(each.reason, "dim"))
    console.print(table)
    for message in (*(each.message for each in planned.report.problems), *(each.message for each in planned.too_large)):
        console.print(message, style="red", markup=False)
    limit = f" of {_bytes(planned.limit_bytes)}" if planned.limit_bytes is not None else ""
    about = f", about {planned.seconds:.1f} s" if planned.seconds is not None else ""
    console.print(
        f"Takes at least {_bytes(planned.estimate.peak_bytes)} of memory{limit}, models "
        f"{_bytes(planned.estimate.model_bytes)}{about}",
        style="dim",
    )


def _bytes(count: float) -> str:
    return f"{count / _GIB:,.1f} GiB" if count >= _GIB else f"{count / _MIB:,.1f} MiB"
