"""`/api/v2/plan`: what would run, what is cached, and why not."""

from typing import Literal

from aiohttp import web

from graph.runners.plans import Finding, PlannedNode
from web.api.errors import TooMuch, Unavailable, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Record, endpoint
from web.api.v2.reading import TargetedWish, read_workflow
from web.api.v2.shapes import ProblemRecord


class PlannedRecord(Record):
    """What would become of a node."""

    id: str
    type: str
    title: str
    state: Literal["run", "hit", "not_needed", "lazy"]
    """`run`: it has to run; `hit`: its result was found; `not_needed`: everything that uses it was found; `lazy`: it
    runs only if a node asks for it."""
    tier: str | None
    """Where its result was found: `memory`, `disk` or `shared`."""
    reason: str
    """Why that is so."""


class PlanRecord(Record):
    """What would run."""

    targets: list[str]
    """The output nodes that would deliver; none if nothing can run."""
    nodes: list[PlannedRecord]
    """Every node that they could need, each after all that feed it."""
    run: int
    """How many nodes would run."""
    hit: int
    """How many results were found and would be used."""
    problems: list[ProblemRecord]
    """What is wrong, the nodes' own checks included; outputs that it concerns are left out."""


@endpoint("POST", "/api/v2/plan", errors=(Unprocessable, TooMuch, Unavailable))
async def post_plan(request: web.Request, body: TargetedWish) -> PlanRecord:
    """Say what would run of a workflow, what is cached, and for what is not: why.

    Nothing is run and nothing changes. Answered while jobs run, too.
    """
    workflow = await read_workflow(request, body)
    report = await parts_of(request).engine.plan(workflow.dump(), body.targets)
    return PlanRecord(
        targets=list(report.targets),
        nodes=[_planned(each) for each in report.nodes],
        run=sum(each.state == "run" for each in report.nodes),
        hit=sum(each.state == "hit" for each in report.nodes),
        problems=[_problem(each) for each in report.problems],
    )


ENDPOINTS = (post_plan,)


def _planned(node: PlannedNode) -> PlannedRecord:
    return PlannedRecord(**node.model_dump())


def _problem(finding: Finding) -> ProblemRecord:
    return ProblemRecord(**finding.model_dump())
