"""`run --sweep`: every combination of some values, one job each, then a labelled sheet and a table of what was run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from rich.console import Console

from graph.commandline.display import Report
from graph.registry import Catalogue
from graph.settings import Settings
from graph.spec import Json
from graph.sweeps import Combination, combinations_of_texts, sheet_of, table_of
from graph.workflow import Workflow

RunOne = Callable[[Workflow], Awaitable[Report]]
FilesOf = Callable[[Report], list[str]]


class Sweep:
    """A sweep on a terminal.

    Args:
        workflow: what is varied.
        sweeps: `NODE.INPUT=VALUE,VALUE,…`, one for each axis.
        catalogue: knows the inputs.
        name: of the sheet and of the table, in the output folder.
    """

    def __init__(self, workflow: Workflow, sweeps: list[str], catalogue: Catalogue, name: str) -> None:
        self.combinations = combinations_of_texts(workflow, sweeps, catalogue)
        self._catalogue, self._name = catalogue, name

    def run(self, run_one: RunOne, files_of: FilesOf, settings: Settings, console: Console) -> tuple[Report, list[str]]:
        """Run what is left to do.

        Returns:
            The report that ended it (the first that failed, else that of the sheet), and the files: the pictures, the
            sheet, the table.
        """
        rows: list[Mapping[str, Json]] = []
        files: list[str] = []
        table = settings.folders.directories("output")[0] / f"{self._name}_sweep.csv"
        report = Report()
        for number, each in enumerate(self.combinations, start=1):
            said = each.label.replace("\n", ", ")
            console.print(f"{number} of {len(self.combinations)}: {said}", markup=False)
            report = asyncio.run(_awaited(run_one(each.workflow)))
            made = files_of(report)
            files += made
            rows.append(_row(number, each, report, made))
            _write(table, table_of(rows))
            if report.failure is not None or report.cancelled:
                return report, [*files, str(table)]
        sheet = sheet_of(self.combinations, self._catalogue, self._name, f"{self._name}_sweep")
        if sheet is not None:
            report = asyncio.run(_awaited(run_one(sheet)))
            files += files_of(report)
        return report, [*files, str(table)]


async def _awaited(report: Awaitable[Report]) -> Report:
    return await report


def _row(number: int, combination: Combination, report: Report, files: list[str]) -> Mapping[str, Json]:
    state = "failed" if report.failure else "cancelled" if report.cancelled else "ran" if report.executed else "cached"
    return {
        "number": number,
        **combination.values,
        "state": state,
        "seconds": round(report.total_seconds, 3),
        "files": " ".join(files),
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
