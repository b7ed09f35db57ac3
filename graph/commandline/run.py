"""`run`: run a workflow from a file, without a server, and say what was made and what was found."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

from rich.console import Console

from graph.application import EngineApplication
from graph.commandline.display import Bars, Report, picture
from graph.commandline.limits import add_memory_limit, estimator_from
from graph.commandline.options import (
    add_device,
    add_places,
    add_workflow,
    load_application,
    read_workflow,
    settings_from,
)
from graph.commandline.sweep import Sweep
from graph.errors import WorkflowError
from graph.folders import DATA_FOLDERS
from graph.registry import Catalogue
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from graph.validation import validate
from graph.workflow import Workflow, title_of

DONE, NODE_FAILED, INVALID, INTERRUPTED = 0, 1, 2, 130


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    add_workflow(parser)
    parser.add_argument("--output-dir", metavar="DIR", dest="output", help="where results go (default: data/output)")
    add_device(parser)
    parser.add_argument("--cache", choices=["all", "memory", "none"], help="which results are kept (default: all)")
    parser.add_argument(
        "--sweep",
        metavar="NODE.INPUT=VALUE,VALUE",
        action="append",
        default=[],
        help="run with each of these values, then lay the pictures out on a labelled sheet and write a table (CSV); "
        "several make a grid. What is done already is found in the cache",
    )
    parser.add_argument("--json", action="store_true", help="print one last line of JSON about what was done")
    add_memory_limit(parser)
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Run the workflow; returns the exit code."""
    console = Console(stderr=True, highlight=False)
    began = time.perf_counter()
    settings = settings_from(options)
    try:
        with console.status("Starting"):
            application = load_application(nodes, settings)
            workflow = read_workflow(options, application.catalogue)
            sweep = _sweep(options, application.catalogue, workflow)
            for varied in (each.workflow for each in sweep.combinations) if sweep else (workflow,):
                _refuse_too_large(options, settings, application.catalogue, varied)
    except WorkflowError as error:
        console.print(str(error), style="red", markup=False)
        return INVALID
    if sweep is not None:
        return _answer_sweep(application, sweep, settings, console, as_json=options.json)
    started = time.perf_counter()
    titles = titles_of(workflow, application.catalogue)
    report = asyncio.run(run_workflow(application, workflow, console, titles))
    console.print(picture(report, titles))
    running = report.total_seconds or time.perf_counter() - started
    loading = time.perf_counter() - started - running
    console.print(
        f"Starting {started - began:.1f} s, loading libraries {loading:.1f} s, running {running:.1f} s", style="dim"
    )
    outputs = _outputs(report, settings)
    if not options.json:
        for each in outputs:
            print(each["path"])
    else:
        facts = {"executed": report.executed, "cached": report.cached, "seconds": round(report.total_seconds, 3)}
        print(json.dumps({"outputs": outputs, **facts}))
    return _exit_code(report, console)


def _sweep(options: argparse.Namespace, catalogue: Catalogue, workflow: Workflow) -> Sweep | None:
    return Sweep(workflow, options.sweep, catalogue, Path(options.file).stem) if options.sweep else None


def _answer_sweep(
    application: EngineApplication, sweep: Sweep, settings: Settings, console: Console, *, as_json: bool
) -> int:
    def run_one(workflow: Workflow) -> Awaitable[Report]:
        return run_workflow(application, workflow, console, titles_of(workflow, application.catalogue))

    def files_of(report: Report) -> list[str]:
        return [each["path"] for each in _outputs(report, settings)]

    report, files = sweep.run(run_one, files_of, settings, console)
    print(json.dumps({"files": files}) if as_json else "\n".join(files))
    return _exit_code(report, console)


def titles_of(workflow: Workflow, catalogue: Catalogue) -> dict[str, str]:
    """Node id -> what to call the node: its own title, or that of its type. Nodes that feed others come first."""
    titles: dict[str, str] = {}
    stack = [(str(node_id), False) for node_id in reversed([*workflow.graph])]
    entered: set[str] = set()
    while stack:
        node_id, is_fed = stack.pop()
        node = workflow.graph.get(node_id)
        if node is None or node_id in titles:
            continue
        if is_fed:
            spec = catalogue.find(str(node.get("class_type")))
            titles[node_id] = title_of(node) or (spec.title if spec else str(node.get("class_type")))
        elif node_id not in entered:
            entered.add(node_id)
            stack.append((node_id, True))
            feeders = [each[0] for each in node.get("inputs", {}).values() if isinstance(each, list) and len(each) == 2]
            stack += [(str(each), False) for each in reversed(feeders)]
    return titles


def _refuse_too_large(
    options: argparse.Namespace, settings: Settings, catalogue: Catalogue, workflow: Workflow
) -> None:
    """Refuse, before anything is allocated, what needs more memory than there is; all else is told by the run."""
    validated = validate(workflow, catalogue, choices=settings.folders.names)
    problems = estimator_from(options, settings).judge(validated).problems
    too_large = [each.message for each in problems if each.code in ("too_large", "mismatched")]
    if too_large:
        raise WorkflowError("\n".join(too_large))


async def run_workflow(
    application: EngineApplication,
    workflow: Workflow,
    console: Console,
    titles: Mapping[str, str],
    targets: Sequence[str] | None = None,
) -> Report:
    """Run a workflow in this process, with progress bars.

    Args:
        application: what runs it.
        workflow: what is run.
        console: where the bars are drawn.
        titles: what nodes are called.
        targets: the output nodes that are to run; None means all of them.
    """
    report = Report()
    runner = InlineRunner(application)
    await runner.start()
    if await _will_compute(runner, workflow):
        with console.status("Loading libraries"):
            application.get_ready()
    wanted = None if targets is None else tuple(targets)
    job = JobRequest(id="run", document=workflow.dump(), targets=wanted)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, runner.cancel, job.id)
    try:
        with Bars(console, titles) as bars:
            async with aclosing(runner.run(job)) as events:
                async for event in events:
                    report.take(event)
                    bars.take(event)
    finally:
        await runner.stop()
    return report


async def _will_compute(runner: InlineRunner, workflow: Workflow) -> bool:
    """Whether some node that has to run uses a model."""
    plan = await runner.plan(workflow.dump())
    specs = [runner.catalogue.find(node.type) for node in plan.nodes if node.state == "run"]
    return any(spec is not None and spec.occupies == "gpu" for spec in specs)


def _outputs(report: Report, settings: Settings) -> list[dict[str, str]]:
    """The files that were made, by the node that shows them."""
    folders = settings.folders
    return [
        {"node": node, "path": str(_path(entry, folders.directories(str(entry["type"]))[0]))}
        for node, shown in report.shown.items()
        for entries in shown.values()
        for entry in entries
        if isinstance(entry, Mapping) and "filename" in entry and entry.get("type") in DATA_FOLDERS
    ]


def _path(entry: Mapping[str, object], directory: Path) -> Path:
    path = directory / str(entry.get("subfolder", "")) / str(entry["filename"])
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _exit_code(report: Report, console: Console) -> int:
    if report.cancelled:
        console.print("Interrupted.", style="yellow")
        return INTERRUPTED
    if report.failure is None:
        return DONE
    console.print(report.failure.message, style="red", markup=False)
    if report.failure.reason == "invalid":
        return INVALID
    sys.stderr.write("".join(report.failure.traceback))
    return NODE_FAILED
