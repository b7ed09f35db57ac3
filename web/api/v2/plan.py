"""`/api/v2/plan`: what would run, what is cached and why not, how much memory and time it takes."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

from aiohttp import web

from graph.estimates import Estimate
from graph.estimates.timing import Duration, durations
from graph.registry import Catalogue
from graph.runners.plans import Finding, PlannedNode, PlanReport, finding_of
from graph.topology import Graph
from graph.validation import Validated, validate
from graph.workflow import Workflow
from web.api.errors import TooMuch, Unavailable, Unprocessable
from web.api.parts import Parts, parts_of
from web.api.routes import Record, endpoint
from web.api.v2.parts import shelf_of
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
    memory_bytes: int | None
    """What it takes at least, as far as that can be known without running it: pictures, latents, work on them."""
    model_bytes: int | None
    """The weights of the models that it uses."""
    seconds: float | None
    """About how long it runs, from earlier runs of nodes of its type; null if there were none."""
    measured: int
    """From how many runs that is known."""


class MemoryRecord(Record):
    """How much memory a workflow takes, at least."""

    peak_bytes: int
    """What the most demanding node takes, the models that it uses included."""
    peak_node: str | None
    """Which node that is."""
    model_bytes: int
    """The weights of all models."""
    limit_bytes: int | None
    """What a node may take here; a workflow with a node that needs more is refused. Null: there is no limit."""


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
    memory: MemoryRecord
    seconds: float | None
    """About how long the nodes that would run take together, as far as their types were measured; null if none was."""
    problems: list[ProblemRecord]
    """What is wrong, the nodes' own checks included; outputs that it concerns are left out."""


@endpoint("POST", "/api/v2/plan", errors=(Unprocessable, TooMuch, Unavailable))
async def post_plan(request: web.Request, body: TargetedWish) -> PlanRecord:
    """Say what would run of a workflow, what is cached, for what is not: why; how much memory and time it takes.

    Nothing is run and nothing changes. Answered while jobs run, too.
    """
    parts = parts_of(request)
    workflow = await read_workflow(request, body)
    report = await parts.engine.plan(workflow.dump(), body.targets)
    catalogue = await parts.engine.catalogue.get()
    wanted = None if body.targets is None else tuple(body.targets)
    before, after, estimate = await asyncio.to_thread(_estimated, parts, workflow, catalogue, wanted)
    took = {}
    if before is not None:
        took = durations(before, estimate, await shelf_of(request).past.runs(catalogue))
    too_large = [finding_of(each) for each in after.problems if each.code in ("too_large", "mismatched")]
    return _record(report, too_large, estimate, took, parts.estimator.limit_bytes)


ENDPOINTS = (post_plan,)


def _estimated(
    parts: Parts, workflow: Workflow, catalogue: Catalogue, targets: Sequence[str] | None
) -> tuple[Graph | None, Validated, Estimate]:
    """The valid graph, what is left of it within the limit, and what it takes."""
    validated = validate(workflow, catalogue, choices=parts.folders.names, targets=targets)
    if validated.graph is None:
        return None, validated, Estimate()
    return validated.graph, parts.estimator.judge(validated), parts.estimator.of(validated.graph)


def _record(
    report: PlanReport,
    too_large: Sequence[Finding],
    estimate: Estimate,
    took: Mapping[str, Duration],
    limit_bytes: int | None,
) -> PlanRecord:
    left_out = {output for each in too_large for output in each.details.get("outputs", ())}
    running = [node.id for node in report.nodes if node.state == "run"]
    measured = [took[node].seconds for node in running if node in took]
    needs = {name: each.nbytes + each.weight_bytes for name, each in estimate.nodes.items()}
    return PlanRecord(
        targets=[each for each in report.targets if each not in left_out],
        nodes=[_planned(each, estimate, took) for each in report.nodes],
        run=len(running),
        hit=sum(each.state == "hit" for each in report.nodes),
        memory=MemoryRecord(
            peak_bytes=estimate.peak_bytes,
            peak_node=max(needs, key=lambda name: needs[name], default=None),
            model_bytes=estimate.model_bytes,
            limit_bytes=limit_bytes,
        ),
        seconds=sum(measured) if measured else None,
        problems=[_problem(each) for each in (*report.problems, *too_large)],
    )


def _planned(node: PlannedNode, estimate: Estimate, took: Mapping[str, Duration]) -> PlannedRecord:
    known, duration = estimate.nodes.get(node.id), took.get(node.id)
    return PlannedRecord(
        **node.model_dump(),
        memory_bytes=known.nbytes if known is not None else None,
        model_bytes=known.weight_bytes if known is not None else None,
        seconds=duration.seconds if duration is not None else None,
        measured=duration.runs if duration is not None else 0,
    )


def _problem(finding: Finding) -> ProblemRecord:
    return ProblemRecord(**finding.model_dump())
