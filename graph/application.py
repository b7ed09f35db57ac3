"""The application of a worker: reads a job's document, validates it, runs what can run."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.errors import Problem, WorkflowError
from graph.events import Failure, JobFailed, NodeLog, NodeRef
from graph.execution import Executor
from graph.folders import Folders
from graph.node import Asked, Check, takes_house
from graph.registry import Catalogue, Registry
from graph.runners.base import CancelFlag, Emit, JobRequest
from graph.runners.plans import PlanReport, finding_of, report_of
from graph.topology import Graph, GraphNode
from graph.validation import Validated, reject, validate
from graph.workflow import Workflow


@dataclass(frozen=True)
class EngineApplication:
    """Everything a worker does with a job, whatever the nodes are."""

    registry: Registry
    executor: Executor
    folders: Folders
    get_ready: Callable[[], object] = tuple
    """Imports what computing needs and a run from the cache does not; safe to call again."""
    free_models: Callable[[], object] = tuple
    """Lets go of weights that nobody uses."""
    free_results: Callable[[], object] = tuple
    """Forgets the results that are kept in memory."""
    held: Callable[[], Mapping[str, int]] = dict
    """How many bytes it holds, as `Application.held`."""

    @property
    def catalogue(self) -> Catalogue:
        """Every node type, as data."""
        return self.registry.catalogue

    async def run(self, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
        """Run a job and tell through `emit` what happens. Outputs that cannot run are told and left out."""
        try:
            validated = await self.validate(Workflow.parse(job.document), job.targets)
        except WorkflowError as error:
            emit(JobFailed(job=job.id, failure=Failure(reason="invalid", message=str(error))))
            return
        if validated.graph is None:
            emit(JobFailed(job=job.id, failure=_refusal(validated.problems)))
            return
        for problem in validated.problems:
            node = NodeRef(id=problem.node) if problem.node is not None else None
            emit(NodeLog(job=job.id, node=node, level="warning", message=problem.message))
        await self.executor.run(
            job.id, validated.graph, emit, extra=job.extra, previews=job.previews, cancel=cancel, rerun=job.rerun
        )

    async def plan(self, document: Mapping[str, Any], targets: Sequence[str] | None) -> PlanReport:
        """What would run of a document, as `Application.plan`."""
        validated = await self.validate(Workflow.parse(document), targets)
        if validated.graph is None:
            return PlanReport(problems=tuple(map(finding_of, validated.problems)))
        planned = await self.executor.plan(validated.graph)
        return report_of(planned, validated.graph, validated.problems)

    async def check(self, document: Mapping[str, Any], targets: Sequence[str] | None) -> PlanReport:
        """What is wrong with a document, as `Application.check`."""
        validated = await self.validate(Workflow.parse(document), targets)
        wanted = validated.graph.targets if validated.graph is not None else ()
        return PlanReport(targets=wanted, problems=tuple(map(finding_of, validated.problems)))

    def free(self, models: bool, results: bool) -> None:
        """Give memory back, as `Application.free`."""
        if models:
            self.free_models()
        if results:
            self.free_results()

    async def validate(self, workflow: Workflow, targets: Sequence[str] | None = None) -> Validated:
        """What can run of a workflow, and all that is wrong with it, the nodes' own checks included."""
        validated = validate(workflow, self.catalogue, choices=self.folders.names, targets=targets)
        if validated.graph is None:
            return validated
        graph = validated.graph
        asked = [node for node in graph.nodes.values() if node.spec.has_validator]
        return reject(validated, [problem for node in asked for problem in await self._ask(node, graph)])

    async def _ask(self, node: GraphNode, graph: Graph) -> Sequence[Problem]:
        """What a node's own check says of the values that are written into the document; linked ones are None."""
        check = self.registry.get(node.spec.id).check
        if check is None:
            return ()
        given = _accepted(check, {**dict.fromkeys(node.links), **node.literals})
        name = f'Node {node.id} "{node.title or node.spec.title}"'
        try:
            answer = check(_asked(node, graph), **given) if takes_house(check) else check(**given)
            if inspect.isawaitable(answer):
                answer = await answer
        except Exception as error:  # the check is a stranger's code: whatever it raises is told, and ends nothing
            message = f"{name}: its own check failed with {type(error).__name__}: {error}"
            return (Problem("exception_during_validation", message, node.id),)
        if answer is True:
            return ()
        text = answer if isinstance(answer, str) else "its own check refused these inputs"
        return (Problem("custom_validation_failed", f"{name}: {text}", node.id),)


def _asked(node: GraphNode, graph: Graph) -> Asked:
    outputs = {name: (graph.nodes[link.node].spec.outputs, link.slot) for name, link in node.links.items()}
    return Asked(node.id, {name: specs[slot].type for name, (specs, slot) in outputs.items()})


def _accepted(check: Check, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a check has parameters for."""
    parameters = inspect.signature(check).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return dict(inputs)
    return {each.name: inputs[each.name] for each in parameters if each.name in inputs}


def _refusal(problems: Sequence[Problem]) -> Failure:
    first = problems[0]
    node = NodeRef(id=first.node) if first.node is not None else None
    return Failure(reason="invalid", message="\n".join(each.message for each in problems), node=node)
