"""`validate`: say everything that is wrong with a workflow, without running it."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from graph.commandline.limits import add_memory_limit, estimator_from
from graph.commandline.options import add_places, add_workflow, load_application, read_workflow, settings_from
from graph.errors import Problem, WorkflowError
from graph.validation import validate


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options."""
    add_workflow(parser)
    parser.add_argument("--json", action="store_true", help="print one last line of JSON about what is wrong")
    add_memory_limit(parser)
    add_places(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Validate the workflow; returns 0 if nothing is wrong, otherwise 2."""
    settings = settings_from(options)
    catalogue = load_application(nodes, settings).catalogue
    try:
        workflow = read_workflow(options, catalogue)
        validated = validate(workflow, catalogue, choices=settings.folders.names)
        problems = estimator_from(options, settings).judge(validated).problems
    except WorkflowError as error:
        problems = (Problem("bad_document", str(error)),)
    if options.json:
        print(json.dumps({"valid": not problems, "problems": [_told(each) for each in problems]}))
    else:
        for problem in problems:
            print(problem.message)
        if not problems:
            print("Valid: every output can run.")
    return 2 if problems else 0


def _told(problem: Problem) -> dict[str, Any]:
    facts = asdict(problem)
    return {**facts, "details": dict(problem.details)}
