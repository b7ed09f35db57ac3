"""Asks the code of nodes whether inputs are right, before a job is accepted: `VALIDATE_INPUTS` of node packs.

Only a worker holds that code. One that does not answer in time keeps nobody from submitting: it asks again when the job
runs, and what is wrong then ends the job.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from graph.errors import FrameError, WorkerError
from graph.runners.plans import problem_of
from graph.validation import Validated, reject
from graph.workflow import Workflow
from web.engine import Engine

_LOGGER = logging.getLogger("latentloom.web")
_OWN = frozenset({"custom_validation_failed", "exception_during_validation"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What can run of a workflow once its nodes were asked."""

    validated: Validated
    later: tuple[str, ...] = ()
    """The nodes that could not be asked now."""


async def ask_nodes(
    engine: Engine, workflow: Workflow, validated: Validated, targets: Sequence[str] | None = None
) -> Asked:
    """Leave out what the nodes' own code refuses.

    Args:
        engine: has the worker.
        workflow: what is to run.
        validated: what can run of it as far as the catalogue tells.
        targets: the outputs that are meant.
    """
    graph = validated.graph
    asked = [node.id for node in graph.nodes.values() if node.spec.has_validator] if graph is not None else []
    if not asked:
        return Asked(validated)
    try:
        report = await engine.check(workflow.dump(), targets)
    except (WorkerError, FrameError) as error:
        _LOGGER.warning("The nodes' own checks are made when the job runs. %s", error)
        return Asked(validated, tuple(asked))
    told = [problem_of(each) for each in report.problems if each.code in _OWN and each.node in asked]
    return Asked(reject(validated, told) if told else validated)
