"""`verify`: make a picture again from the workflow that it carries, compare the two, and say why they differ."""

import argparse
import asyncio
import json
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from graph.artefacts import Artefacts
from graph.commandline.display import Report
from graph.commandline.options import add_device, add_places, load_application, settings_from
from graph.commandline.run import DONE, INTERRUPTED, INVALID, NODE_FAILED, run_workflow, titles_of
from graph.errors import WorkflowError
from graph.formats import read_file, read_lock
from graph.lock import Lock, differences
from graph.settings import Settings
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.pictures.likeness import likeness

SAME_DB = 40.0
"""From here on nobody sees a difference; other devices and library versions round differently."""


@dataclass(frozen=True)
class Verdict:
    """What came of making a picture again."""

    verdict: Literal["identical", "same", "different", "failed"]
    psnr: float | None = None
    """In decibels; None where the files are identical, or cannot be compared."""
    message: str = ""
    causes: Sequence[str] = ()
    """What differs from then, the likeliest cause first."""
    has_lock: bool = True

    def told(self) -> str:
        """What a person is told."""
        heads = ["First cause" if self.verdict == "different" else "Yet", *["Also"] * len(self.causes)]
        lines = [f"{head}: {cause}" for head, cause in zip(heads, self.causes, strict=False)]
        if not self.has_lock:
            lines.append("The file carries no lock, so it is not known what has changed since then.")
        elif self.verdict == "different" and not self.causes:
            lines.append("Nothing in its lock has changed. A node of the graph may give something else each time.")
        return "\n".join([f"{self.verdict}: {self.message}", *lines])


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    parser.add_argument("file", metavar="FILE", help="a picture, animation or latent that carries its workflow")
    parser.add_argument(
        "--psnr", type=float, default=SAME_DB, metavar="DB", help=f"from where on it is the same (default: {SAME_DB})"
    )
    add_device(parser)
    parser.add_argument("--json", action="store_true", help="print the verdict as one line of JSON")
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Run the workflow of the file without the cache and compare; returns 0 for the same, 1 for another or failed."""
    console = Console(stderr=True, highlight=False)
    try:
        with tempfile.TemporaryDirectory(prefix="latentloom-verify-") as scratch:
            settings = replace(settings_from(options), cache="none", scratch=scratch)
            verdict = _verify(Path(options.file), settings, nodes, options.psnr, console)
    except WorkflowError as error:
        console.print(str(error), style="red", markup=False)
        return INVALID
    except KeyboardInterrupt:
        return INTERRUPTED
    sys.stdout.write((json.dumps(asdict(verdict)) if options.json else verdict.told()) + "\n")
    return DONE if verdict.verdict in ("identical", "same") else NODE_FAILED


def _verify(file: Path, settings: Settings, nodes: str, same_db: float, console: Console) -> Verdict:
    """Make the file again.

    Raises:
        WorkflowError: it cannot be read, carries no workflow, or its workflow cannot run here.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WorkflowError(f"{file} cannot be read: {error.strerror}.") from error
    application = load_application(nodes, settings)
    workflow, lock = read_file(data, file.name, application.catalogue).workflow, read_lock(data)
    graph = asyncio.run(application.validate(workflow)).graph
    targets = [lock.display] if lock is not None and graph is not None and lock.display in graph.targets else None
    titles = titles_of(workflow, application.catalogue)
    report = asyncio.run(run_workflow(application, workflow, console, titles, targets))
    if report.cancelled:
        raise KeyboardInterrupt
    if report.failure is None:
        return _compared(file, lock, list(_made(report, settings, lock)), same_db)
    if report.failure.reason == "invalid":
        raise WorkflowError(report.failure.message)
    return Verdict("failed", message=report.failure.message, has_lock=lock is not None)


def _made(report: Report, settings: Settings, lock: Lock | None) -> Iterator[Path]:
    """What was made in place of the file; without a lock everything comes into question."""
    artefacts = Artefacts(settings.saving_folders)
    for node, shown in report.shown.items():
        files = [each for kind in shown.values() for each in kind if isinstance(each, Mapping) and "filename" in each]
        if lock is None:
            yield from map(artefacts.path, files)
        elif node == lock.node:
            yield from map(artefacts.path, files[lock.number : lock.number + 1])


def _compared(file: Path, lock: Lock | None, made: Sequence[Path], same_db: float) -> Verdict:
    """The verdict on the file that is most like it."""
    found = None
    message = "the graph saves no such file any more."
    for each in made:
        try:
            psnr = likeness(file, each)
        except DiffusionError as error:
            message = str(error)
            continue
        if found is None or psnr > found[0]:
            found = psnr, each
    if found is None:
        return Verdict("different", message=message, causes=_causes(lock, made), has_lock=lock is not None)
    psnr, best = found
    causes = _causes(lock, [best])
    if math.isinf(psnr):
        return Verdict("identical", None, "every value is the same again.", causes, lock is not None)
    verdict: Literal["same", "different"] = "same" if psnr >= same_db else "different"
    message = f"PSNR {psnr:.1f} dB; from {same_db:g} dB on it counts as the same."
    return Verdict(verdict, round(psnr, 2), message, causes, lock is not None)


def _causes(lock: Lock | None, made: Sequence[Path]) -> Sequence[str]:
    now = read_lock(made[0].read_bytes()) if made else None
    return () if lock is None or now is None else differences(lock, now)
