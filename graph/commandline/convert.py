"""`convert`: any file that holds a workflow, as a document or as an API graph, with a report of what changed."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from graph.commandline.options import add_places, add_workflow, load_application, read_conversion, settings_from
from graph.errors import WorkflowError
from graph.formats.api import to_api
from graph.formats.editor import Conversion
from graph.migrations import CURRENT_VERSION
from graph.registry import Catalogue
from graph.workflow import Workflow

DONE, INCOMPLETE, INVALID = 0, 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    add_workflow(parser)
    parser.add_argument("-o", "--output", dest="target", metavar="OUT", help="the file to write (default: print it)")
    parser.add_argument(
        "--to",
        choices=["document", "api"],
        default="document",
        help="document: with layout and subgraphs; api: the plain graph that every program takes (default: document)",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON with the report")
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Convert the file; returns 0, 1 if something that runs could not be carried over, 2 if it cannot be read."""
    catalogue = load_application(nodes, settings_from(options)).catalogue
    try:
        conversion = read_conversion(options, catalogue)
        written = _written(conversion.workflow, options.to, catalogue)
        if options.target is not None:
            _save(written.to_text(), Path(options.target))
    except WorkflowError as error:
        print(error, file=sys.stderr)
        return INVALID
    for note in () if options.json else conversion.notes:
        print(f"{note.severity}: {note.message}", file=sys.stderr)
    if options.json:
        print(json.dumps(_report(conversion, written, options.target)))
    elif options.target is None:
        print(written.to_text(), end="")
    return DONE if conversion.is_complete else INCOMPLETE


def _written(workflow: Workflow, form: str, catalogue: Catalogue) -> Workflow:
    """The workflow in the form that was asked for."""
    if form == "api":
        return Workflow(graph=to_api(workflow, catalogue))
    return Workflow.parse({"latentloom": CURRENT_VERSION, "graph": workflow.graph}) if workflow.is_bare else workflow


def _save(text: str, path: Path) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorkflowError(f"{path} cannot be written: {error.strerror}.") from error


def _report(conversion: Conversion, written: Workflow, target: str | None) -> dict[str, Any]:
    """What was done, as JSON data; the workflow itself only if it went to no file."""
    facts: dict[str, Any] = {
        "complete": conversion.is_complete,
        "output": target,
        "notes": [asdict(each) for each in conversion.notes],
    }
    return facts if target is not None else {**facts, "workflow": written.dump()}
