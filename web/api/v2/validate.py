"""`/api/v2/validate`: whether a workflow can run, without running it."""

from aiohttp import web

from web.api.errors import TooMuch, Unprocessable
from web.api.routes import Record, endpoint
from web.api.v2.reading import TargetedWish, check, problem_record, read_workflow
from web.api.v2.shapes import ProblemRecord


class Verdict(Record):
    """Whether a workflow can run."""

    valid: bool
    """Whether all of it can."""
    targets: list[str]
    """The output nodes that can run."""
    nodes: int
    """How many nodes they need, themselves included."""
    problems: list[ProblemRecord]
    asked_later: list[str]
    """Nodes whose own code checks their inputs and could not be asked now: it is asked again when they run."""


@endpoint("POST", "/api/v2/validate", errors=(Unprocessable, TooMuch))
async def post_validate(request: web.Request, body: TargetedWish) -> Verdict:
    """Say whether a workflow can run, and everything that is wrong with it.

    A workflow with problems is answered with 200 too: this is what was asked for. What cannot be read as a workflow
    is an error.
    """
    checked = await check(request, await read_workflow(request, body), body.targets)
    found, graph = checked.validated, checked.validated.graph
    return Verdict(
        valid=graph is not None and not found.problems,
        targets=list(graph.targets) if graph is not None else [],
        nodes=len(graph.nodes) if graph is not None else 0,
        problems=[problem_record(each) for each in found.problems],
        asked_later=list(checked.asked_later),
    )


ENDPOINTS = (post_validate,)
