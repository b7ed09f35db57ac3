"""Typed routes: a handler says in its signature what it takes and gives, and everything else follows from that.

    @endpoint("POST", "/api/v2/jobs", status=201, errors=(Unprocessable,))
    async def post_job(request: web.Request, body: JobWish, headers: Keyed) -> JobRecord:
        '''Queue a job.'''

Parameters named in the path come from there; `query`, `headers` and `body` are models that are filled from the request.
What does not fit is refused before the handler is called. The answer is a model, an `Answer` with another status, or
a finished response. `web.openapi` makes the description of the interface from the same facts.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from graph.spec import Json
from web.api.bodies import JSON_TYPE, read_json
from web.api.errors import TYPED_ROUTE, ApiError, NotThere, Unprocessable
from web.api.replies import reply, tagged

Handler = Callable[..., Awaitable[Any]]  # what a handler takes is read from its signature
Model = TypeVar("Model", bound=BaseModel)
_MOST_TOLD = 20


class Wish(BaseModel):
    """The base of what clients send: exact types, and no key that means nothing."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True, defer_build=True)


class Options(BaseModel):
    """The base of query parameters and headers, which are text: read by what they are to be; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, defer_build=True)


class Record(BaseModel):
    """The base of what clients get."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, defer_build=True)


def _integral(value: Json) -> Json:
    return int(value) if type(value) is float and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
"""Stands last in the annotation of whole numbers: JSON Schema calls 64.0 an integer, so it is one here."""


@dataclass(frozen=True)
class Answer(Generic[Model]):
    """An answer with a status of its own."""

    body: Model
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """A route and everything that can be told about it. Made by `endpoint`."""

    method: str
    path: str
    handler: Handler
    status: int
    also: Sequence[int]
    """Further statuses of good answers."""
    errors: Sequence[type[ApiError]]
    """What may go wrong, besides what may go wrong everywhere."""
    takes: Sequence[str]
    """The types of bodies; empty if there is none."""
    gives: str
    """The type of good answers; empty if they have no body."""
    form: Mapping[str, Any]  # JSON Schema
    """What a form as the body holds, where no model says it."""
    is_tagged: bool
    """Whether answers carry an ETag, so that a client that has one already is told so instead of sent it again."""

    @property
    def name(self) -> str:
        """The name of the operation."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return (inspect.getdoc(self.handler) or "").partition("\n\n")[0].replace("\n", " ")

    @property
    def description(self) -> str:
        """What else there is to know, in Markdown."""
        return (inspect.getdoc(self.handler) or "").partition("\n\n")[2]

    @property
    def parameters(self) -> Mapping[str, Any]:  # types
        """The parts of the path by name, with their types."""
        hints = get_type_hints(self.handler, include_extras=True)
        return {name: hint for name, hint in hints.items() if f"{{{name}}}" in self.path}

    def model(self, name: str) -> type[BaseModel] | None:
        """The model of the parameter `body`, `query` or `headers`, if the handler has it."""
        return get_type_hints(self.handler).get(name)

    @property
    def answer(self) -> type[BaseModel] | None:
        """The model of good answers; None if they are no models."""
        hint = get_type_hints(self.handler)["return"]
        if get_origin(hint) is Answer:
            hint = get_args(hint)[0]
        return hint if isinstance(hint, type) and issubclass(hint, BaseModel) else None

    def route(self) -> web.RouteDef:
        """The route, for an application."""
        read = _reader(self)

        async def handle(request: web.Request) -> web.StreamResponse:
            given = await read(request)
            answer = _response(await self.handler(request, **given), self.status)
            return tagged(request, answer) if self.is_tagged else answer

        handle.__dict__.update({"taken_types": tuple(self.takes) or (JSON_TYPE,), TYPED_ROUTE: True})
        return web.RouteDef(self.method, self.path, handle, {})


def endpoint(
    method: str,
    path: str,
    *,
    status: int = 200,
    also: Sequence[int] = (),
    errors: Sequence[type[ApiError]] = (),
    takes: Sequence[str] | None = None,
    gives: str = JSON_TYPE,
    form: Mapping[str, Json] | None = None,
    is_tagged: bool = False,
) -> Callable[[Handler], Endpoint]:
    """Makes an endpoint of a handler; see the module."""

    def make(handler: Handler) -> Endpoint:
        has_body = "body" in inspect.signature(handler).parameters
        taken = takes if takes is not None else (JSON_TYPE,) if has_body else ()
        found = [NotThere] if "{" in path and NotThere not in errors else []
        return Endpoint(method, path, handler, status, also, (*errors, *found), taken, gives, form or {}, is_tagged)

    return make


def read_model(model: type[Model], data: Json, place: str) -> Model:
    """A model of data.

    Raises:
        Unprocessable: they do not fit; names every place.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _refusal(error, place) from error


def _reader(told: Endpoint) -> Callable[[web.Request], Awaitable[dict[str, Any]]]:
    """What fills the parameters of a handler from a request."""
    adapters = {name: TypeAdapter(hint) for name, hint in told.parameters.items()}
    body, query, headers = (told.model(name) for name in ("body", "query", "headers"))

    async def read(request: web.Request) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, adapter in adapters.items():
            try:
                given[name] = adapter.validate_python(request.match_info[name])
            except ValidationError as error:
                raise _refusal(error, f"path.{name}") from error
        if query is not None:
            given["query"] = read_model(query, dict(request.query), "query")
        if headers is not None:
            fields = {each.alias or name for name, each in headers.model_fields.items()}
            sent = {name: request.headers[name] for name in fields if name in request.headers}
            given["headers"] = read_model(headers, sent, "headers")
        if body is not None:
            given["body"] = read_model(body, await read_json(request), "body")
        return given

    return read


def _response(answer: Any, status: int) -> web.StreamResponse:  # what a handler gives
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None:
        return web.Response(status=status)
    full = answer if isinstance(answer, Answer) else Answer(answer, status)
    return reply(full.body.model_dump(mode="json", by_alias=True), status=full.status, headers=full.headers)


def _refusal(error: ValidationError, place: str) -> Unprocessable:
    """The error of data that do not fit."""
    wrong: list[dict[str, Json]] = []
    for each in error.errors(include_url=False, include_context=False)[:_MOST_TOLD]:
        where = ".".join((place, *map(str, each["loc"])))
        wrong.append({"place": where, "message": each["msg"], "type": each["type"]})
    more = f" ({error.error_count() - 1} more like this.)" if error.error_count() > 1 else ""
    message = f"{wrong[0]['place']}: {wrong[0]['message'][:300]}.{more}"
    return Unprocessable(message, extra={"errors": wrong})
