"""A running job on a terminal: a bar per node, then a picture of what ran, what was found and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from graph.events import (
    Event,
    Failure,
    JobCancelled,
    JobFailed,
    JobSucceeded,
    NodeFinished,
    NodeLog,
    NodeProgress,
    NodesCached,
    NodeSkipped,
    NodeStarted,
)


@dataclass
class Report:
    """What became of a job, gathered from its events."""

    executed: list[str] = field(default_factory=list)
    """Nodes that ran, in the order in which they finished."""
    cached: list[str] = field(default_factory=list)
    """Nodes that did not need to run."""
    tiers: dict[str, str] = field(default_factory=dict)
    """Where the results of cached nodes were found; other cached nodes were not needed."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a node had to run."""
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    shown: dict[str, Mapping[str, list[object]]] = field(default_factory=dict)
    """What output nodes show, by node."""
    total_seconds: float = 0.0
    failure: Failure | None = None
    cancelled: bool = False

    def take(self, event: Event) -> None:
        """Note what an event tells."""
        match event:
            case NodesCached():
                self.cached += event.nodes
                self.tiers |= event.tiers
            case NodeStarted():
                self.reasons[event.node.id] = event.reason
            case NodeSkipped():
                self.skipped.append(event.node.id)
            case NodeFinished():
                if not event.cached:
                    self.executed.append(event.node.id)
                    self.seconds[event.node.id] = event.seconds
                if event.ui is not None:
                    self.shown[event.node.id] = event.ui
            case JobSucceeded():
                self.total_seconds = event.seconds
            case JobFailed():
                self.failure = event.failure
            case JobCancelled():
                self.cancelled = True


class Bars:
    """Live progress bars: one for each node that runs, with its steps."""

    def __init__(self, console: Console, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def take(self, event: Event) -> None:
        """Move the bars as an event tells."""
        match event:
            case NodeStarted():
                title = self._titles.get(event.node.id, event.type)
                self._tasks[event.node.id] = self._progress.add_task(title, total=1)
            case NodeProgress() if event.node.id in self._tasks:
                self._progress.update(self._tasks[event.node.id], completed=event.value, total=event.maximum)
            case NodeFinished() if event.node.id in self._tasks:
                task = self._tasks.pop(event.node.id)
                self._progress.update(task, visible=False)
            case NodeLog():
                self._progress.console.print(f"{event.level}: {event.message}", markup=False)


_MARKS = {"ran": ("●", "green"), "cached": ("○", "cyan"), "not needed": ("·", "dim"), "skipped": ("–", "yellow")}


def picture(report: Report, titles: Mapping[str, str]) -> Table:
    """Draw what ran, what was found and why: one line a node, in the order of `titles`."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(4):
        table.add_column()
    for node, title in titles.items():
        state, time, why = _line(report, node)
        if state:
            mark, colour = _MARKS[state]
            table.add_row(Text(f"{mark} {title}", colour), state, time, Text(why, "dim"))
    return table


def _line(report: Report, node: str) -> tuple[str, str, str]:
    if node in report.seconds:
        return "ran", f"{report.seconds[node]:7.2f} s", report.reasons.get(node, "")
    if node in report.tiers:
        return "cached", "", f"found in the {report.tiers[node]} cache"
    if node in report.cached:
        return "not needed", "", "everything that uses it was found"
    if node in report.skipped:
        return "skipped", "", "a blocker reached it"
    return "", "", ""
