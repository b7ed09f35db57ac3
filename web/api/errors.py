"""Every error that a client may see; the only place that knows status codes.

ApiError
├── Invalid          400    the request makes no sense; carries what is wrong with the graph, if that is it
├── NotAllowed       401    who asks has not shown the token
├── Refused          403    another web page asks, or what is asked for is not given to anybody
├── NotThere         404    there is nothing under that name
├── Taken            409    the name is used for something else
├── TooMuch          413    more than one request may carry
├── WrongKind        415    the body is not what this request takes
├── WrongHost        421    the request was meant for another host
├── Unprocessable    422    the request is well-formed, but what it says cannot be done; typed routes only
├── TooOften         429    more requests than one client may send
└── Unavailable      503    the server cannot do this now; says when to ask again

Errors of the engine become one of these, too; what nobody expected is logged under an id, and the client gets the id.
Typed routes (`web.api.routes`) answer with problem details (RFC 9457) that carry the envelope of the public SDKs as
well; all others answer in the classic shape.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from graph.errors import FolderError, JsonError, LatentloomError, WorkerError, WorkflowError
from graph.jobs.errors import JobConflict, QueueFull, StorageFull, StoreError, UnknownJob
from graph.library.errors import AssetInUse, LibraryError, StaleVersion
from graph.spec import Json
from web.api.replies import reply, to_json
from web.catalogue import CatalogueNotReady
from web.names import BadName
from web.pictures import PictureError
from web.uploads import UnknownKind
from web.userdata import AlreadyThere, NoSuchFile

_LOGGER = logging.getLogger("latentloom.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiError(LatentloomError):
    """A request cannot be answered; says why, in the classic shape.

    Args:
        message: what happened and what to do.
        kind: a short word for programs.
        details: more about it.
        extra: facts for programs.
        node_errors: what is wrong with the nodes of a graph.
        retry_seconds: when to ask again.
    """

    kind = "error"

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        details: str = "",
        extra: Mapping[str, Json] | None = None,
        node_errors: Mapping[str, Json] | None = None,
        retry_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind or self.kind
        self.details = details
        self.extra = dict(extra or {})
        self.node_errors = dict(node_errors or {})
        self.retry_seconds = retry_seconds


class Invalid(ApiError):
    """The request makes no sense."""

    kind = "invalid_request"


class NotAllowed(ApiError):
    """Who asks has not shown the token."""

    kind = "token_required"


class Refused(ApiError):
    """What is asked for is not given: another web page asks, or nobody may have it."""

    kind = "refused"


class NotThere(ApiError):
    """There is nothing under that name."""

    kind = "not_found"


class Taken(ApiError):
    """The name is used for something else."""

    kind = "conflict"


class TooMuch(ApiError):
    """More than one request may carry."""

    kind = "too_large"


class WrongKind(ApiError):
    """The body is not what this request takes."""

    kind = "unsupported_media_type"


class WrongHost(ApiError):
    """The request was meant for another host."""

    kind = "wrong_host"


class Unprocessable(ApiError):
    """The request is well-formed, but what it says cannot be done."""

    kind = "invalid_request"


class TooOften(ApiError):
    """More requests than one client may send."""

    kind = "too_many_requests"


class Unavailable(ApiError):
    """The server cannot do this now."""

    kind = "unavailable"


_STATUS: Mapping[type[ApiError], int] = {
    Invalid: 400,
    NotAllowed: 401,
    Refused: 403,
    NotThere: 404,
    Taken: 409,
    TooMuch: 413,
    WrongKind: 415,
    WrongHost: 421,
    Unprocessable: 422,
    TooOften: 429,
    Unavailable: 503,
}
_DISK_FULL = 507
TYPED_ROUTE = "is_typed_route"
"""The attribute of handlers whose errors are problem details."""
TYPED_PREFIX = "/api/v2/"
PROBLEM_TYPE = "application/problem+json"
_CODES: Mapping[type[ApiError], str] = {NotAllowed: "unauthorized", Refused: "forbidden"}
_TYPED_KINDS: Mapping[str, str] = {"invalid_prompt": "invalid_workflow", "worker_not_ready": "deployment_not_ready"}
"""What the public SDKs call errors that have other names here."""
_TYPED_STATUS: Mapping[str, int] = {
    "invalid_prompt": 422,
    "worker_not_ready": 429,
    "bad_name": 422,
    "not_a_picture": 422,
}
"""Where typed routes differ: the public SDKs take 422 for a workflow that is wrong and come back after a 429."""


def status_of(error: type[ApiError]) -> int:
    """The status with which an error is answered."""
    return _STATUS[error]


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers every error as JSON, in one shape."""
    try:
        return await handler(request)
    except ApiError as error:
        return _answer(error, _STATUS[type(error)], request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer(_from_http(error, request), error.status, request, error.headers.get("Allow"))
    except LatentloomError as error:
        known, status = _from_engine(error)
        if known is not None:
            return _answer(known, status, request)
        return _unexpected(error, request)
    except (ConnectionError, TimeoutError):
        raise  # the client is gone
    except Exception as error:  # a bug: the client gets an id, the log everything
        return _unexpected(error, request)


def _from_engine(error: LatentloomError) -> tuple[ApiError | None, int]:
    text = str(error)
    match error:
        case JsonError():
            known: ApiError = Invalid(
                f"The body is not valid JSON: {text}",
                kind="invalid_json",
                extra={"line": error.line, "column": error.column},
            )
        case WorkflowError():
            known = Invalid(text, kind="invalid_prompt")
        case BadName():
            known = Invalid(text, kind="bad_name")
        case PictureError():
            known = Invalid(text, kind="not_a_picture")
        case UnknownKind():
            known = WrongKind(text)
        case JobConflict():
            known = Taken(text, kind="idempotency_key_reuse" if error.is_key else None)
        case QueueFull():
            known = TooOften(text, kind="queue_full", retry_seconds=10)
        case StaleVersion():
            known = Taken(text, kind="stale_version", extra={"latest": error.latest})
        case AssetInUse():
            known = Taken(text, kind="asset_in_use")
        case AlreadyThere():
            known = Taken(text)
        case NoSuchFile() | UnknownJob() | LibraryError():
            known = NotThere(text)
        case FolderError():  # the engine's own words name directories of this machine
            known = NotThere("There is no such file here.")
        case StorageFull():
            return Unavailable(text, kind="disk_full"), _DISK_FULL
        case CatalogueNotReady():
            known = Unavailable(text, kind="worker_not_ready", retry_seconds=error.retry_seconds)
        case StoreError() | WorkerError():
            known = Unavailable(text, retry_seconds=2)
        case _:
            return None, 500
    return known, _STATUS[type(known)]


def _from_http(error: web.HTTPException, request: web.Request) -> ApiError:
    if error.status == 404:
        return NotThere(f"There is no {request.path} here.")
    if error.status == 405:
        allowed = error.headers.get("Allow", "")
        return Invalid(
            f"{request.path} takes {allowed or 'other methods'}, not {request.method}.", kind="method_not_allowed"
        )
    if error.status == 413:
        return TooMuch("The body is larger than this request may carry.")
    return Invalid(error.reason or "The request cannot be answered.")


def _unexpected(error: Exception, request: web.Request) -> web.Response:
    incident = secrets.token_hex(4)
    _LOGGER.error("Incident %s: %s %r failed.", incident, request.method, request.path, exc_info=error)
    message = f"The server made a mistake; its log tells more under incident {incident}."
    return _answer(ApiError(message, kind="internal_error", extra={"incident": incident}), 500, request)


def _answer(error: ApiError, status: int, request: web.Request, allow: str | None = None) -> web.Response:
    is_problem = _is_typed(request)
    if is_problem:
        status = _TYPED_STATUS.get(error.kind, status)
    headers = {}
    if error.retry_seconds is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_seconds)))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="latentloom"'
    if allow is not None:
        headers["Allow"] = allow
    if is_problem:
        return _problem(error, status, headers)
    told = {"type": error.kind, "message": error.message, "details": error.details, "extra_info": error.extra}
    return reply({"error": told, "node_errors": error.node_errors}, status=status, headers=headers)


def _is_typed(request: web.Request) -> bool:
    """Whether errors are told as problem details: on typed routes, and where there is no route beside them."""
    route = request.match_info
    is_unknown = route.http_exception is not None and request.path.startswith(TYPED_PREFIX)
    return is_unknown or getattr(route.handler, TYPED_ROUTE, False)


def _problem(error: ApiError, status: int, headers: Mapping[str, str]) -> web.Response:
    """Problem details (RFC 9457), with the envelope `error` that the public SDKs read."""
    code = _CODES.get(type(error), _TYPED_KINDS.get(error.kind, error.kind))
    details = {**error.extra, **({"node_errors": error.node_errors} if error.node_errors else {})}
    told = {"code": code, "message": error.message, "details": details or None}
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": error.message}
    return web.Response(
        body=to_json({**body, "error": told}), status=status, headers=headers, content_type=PROBLEM_TYPE
    )
