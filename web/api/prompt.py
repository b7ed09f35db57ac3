"""`/prompt`: a graph comes in, a job goes into the queue."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from graph.jobs.records import Payload, Submission
from graph.seeds import with_seeds
from graph.spec import Json
from graph.validation import Validated, validate
from graph.workflow import Workflow
from web.api.bodies import read_object
from web.api.errors import Invalid, TooMuch, TooOften, Unavailable
from web.api.parts import Parts, parts_of
from web.api.replies import reply
from web.classic import problems
from web.classic.items import kept_extra, number_of
from web.own_checks import ask_nodes
from web.settings import PREVIEW_METHODS

_LOGGER = logging.getLogger("latentloom.web")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MOST_NAMED = 255


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the body of a submission says besides the graph, its shape checked."""

    id: str | None
    client_id: str | None
    number: float | None
    front: bool
    targets: tuple[str, ...] | None
    extra_data: Mapping[str, Json]


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/prompt", get_prompt), web.post("/prompt", post_prompt)]


async def get_prompt(request: web.Request) -> web.Response:
    """How long the queue is."""
    return reply({"exec_info": {"queue_remaining": parts_of(request).feeds.remaining}})


async def post_prompt(request: web.Request) -> web.Response:
    """Queue a graph: what can run of it runs, what cannot is told; nothing is queued if nothing can run."""
    parts = parts_of(request)
    _check_rate(request, parts)
    body = await read_object(request)
    wanted = _wanted(body)
    if body.get("prompt") is None:
        raise Invalid('The body holds no graph: put it under the key "prompt".', kind="no_prompt")
    workflow = Workflow.parse(body["prompt"])
    if len(workflow.graph) > parts.settings.limits.nodes:
        raise TooMuch(f"The graph has {len(workflow.graph)} nodes; at most {parts.settings.limits.nodes} are taken.")
    workflow = with_seeds(workflow, await parts.engine.catalogue.get(), wanted.id)
    validated, node_errors = await _validated(parts, workflow, wanted.targets)
    if validated.graph is None:
        refusal = problems.refusal(validated.problems, workflow)
        raise Invalid(
            refusal["message"],
            kind=refusal["type"],
            details=refusal["details"],
            extra=refusal["extra_info"],
            node_errors=node_errors,
        )
    payload = Payload(
        document=workflow.dump(),
        targets=validated.graph.targets,
        extra=kept_extra(wanted.extra_data, wanted.client_id),
        previews=_previews(wanted.extra_data, parts.settings.previews),
    )
    job = await parts.store.submit(
        Submission(payload, wanted.client_id or "", wanted.id, number=wanted.number, front=wanted.front)
    )
    _LOGGER.info("Job queued.", extra={"job": job.id, "nodes": len(validated.graph.nodes)})
    return reply({"prompt_id": job.id, "number": number_of(job), "node_errors": node_errors})


def _check_rate(request: web.Request, parts: Parts) -> None:
    wait_seconds = parts.submits.wait_seconds(request.remote or "") if parts.submits is not None else 0.0
    if wait_seconds > 0:
        raise TooOften("Jobs come too quickly from this address.", retry_seconds=wait_seconds)
    if parts.feeds.remaining >= parts.settings.limits.queued:
        raise Unavailable(f"{parts.feeds.remaining} jobs are waiting already.", kind="queue_full", retry_seconds=10)


def _wanted(body: Mapping[str, Json]) -> Wanted:
    job_id, client_id, number = body.get("prompt_id"), body.get("client_id"), body.get("number")
    targets, extra_data = body.get("partial_execution_targets"), body.get("extra_data")
    extra_data = {} if extra_data is None else extra_data
    if job_id is not None and not (isinstance(job_id, str) and _ID.fullmatch(job_id)):
        raise Invalid(
            "prompt_id must be a name of up to 128 letters, digits and . _ : -, best a UUID.", kind="invalid_prompt_id"
        )
    if client_id is not None and not (isinstance(client_id, str) and is_client_id(client_id)):
        raise Invalid(f"client_id must be a text of 1 to {_MOST_NAMED} printable characters.")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
        raise Invalid("number must be a number: the lowest runs first.")
    if not isinstance(extra_data, dict):
        raise Invalid("extra_data must be an object.")
    if targets is not None:
        if not isinstance(targets, list) or not all(isinstance(each, str | int) for each in targets):
            raise Invalid("partial_execution_targets must be a list of node ids.")
        targets = tuple(str(each) for each in targets)
    return Wanted(job_id, client_id, number, bool(body.get("front")), targets, extra_data)


def is_client_id(text: str) -> bool:
    """Whether a text may be the id of a client."""
    return 0 < len(text) <= _MOST_NAMED and text.isprintable()


async def _validated(
    parts: Parts, workflow: Workflow, targets: tuple[str, ...] | None
) -> tuple[Validated, dict[str, Json]]:
    """What can run of a graph, and what is wrong with the rest, node by node."""
    catalogue = await parts.engine.catalogue.get()
    choices = parts.folders.names

    def look() -> tuple[Validated, dict[str, Json]]:
        found = parts.estimator.judge(validate(workflow, catalogue, choices=choices, targets=targets))
        return found, problems.node_errors(found.problems, workflow, catalogue, choices)

    validated, node_errors = await asyncio.to_thread(look)
    asked = (await ask_nodes(parts.engine, workflow, validated, targets)).validated
    if asked is not validated:
        node_errors = await asyncio.to_thread(problems.node_errors, asked.problems, workflow, catalogue, choices)
    return asked, node_errors


def _previews(extra_data: Mapping[str, Json], otherwise: str) -> str:
    wanted = extra_data.get("preview_method")
    return wanted if isinstance(wanted, str) and wanted in PREVIEW_METHODS else otherwise
