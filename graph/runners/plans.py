"""What a worker says it would do with a workflow: node by node, with the reason."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from graph.errors import Problem, ProblemCode
from graph.plan import Plan, State
from graph.topology import Graph


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedNode(_Data):
    """What would become of one node."""

    id: str
    type: str
    title: str = ""
    state: State
    """`run`: it has to run; `hit`: its result was found; `not_needed`: everything that uses it was found, or nothing
    does; `lazy`: it runs only if a node asks for it."""
    tier: str | None = None
    """Where its result was found."""
    reason: str = ""
    """Why that is so, in one clause."""


class Finding(_Data):
    """A `Problem` as it travels: something wrong that keeps an output from running."""

    code: str
    message: str
    node: str | None = None
    input: str | None = None
    value: Any = None  # any JSON value: it is the user's own
    details: Mapping[str, Any] = Field(default_factory=dict)  # JSON values


class PlanReport(_Data):
    """What would run, what is cached and why not."""

    targets: tuple[str, ...] = ()
    """The nodes that would deliver; none if nothing can run."""
    nodes: tuple[PlannedNode, ...] = ()
    """Every node that the targets could need, each after all that feed it."""
    problems: tuple[Finding, ...] = ()
    """What is wrong, the nodes' own checks included; outputs that it concerns are left out."""


def finding_of(problem: Problem) -> Finding:
    """A problem as data."""
    return Finding(
        code=problem.code,
        message=problem.message,
        node=problem.node,
        input=problem.input,
        value=problem.value,
        details=dict(problem.details),
    )


def problem_of(finding: Finding) -> Problem:
    """The problem that was told as data."""
    return Problem(
        cast(ProblemCode, finding.code),
        finding.message,
        finding.node,
        finding.input,
        finding.value,
        {name: value for name, value in finding.details.items() if name != "outputs"},
    )


def report_of(plan: Plan, graph: Graph, problems: Sequence[Problem]) -> PlanReport:
    """What a plan says of every node that its targets could need."""
    nodes = []
    for node_id in graph.order_for(graph.targets):
        node, verdict = graph.nodes[node_id], plan.verdict(node_id)
        planned = PlannedNode(
            id=node_id,
            type=node.spec.id,
            title=node.title or node.spec.title,
            state=verdict.state,
            tier=verdict.tier,
            reason=verdict.reason,
        )
        nodes.append(planned)
    return PlanReport(targets=plan.targets, nodes=tuple(nodes), problems=tuple(map(finding_of, problems)))
