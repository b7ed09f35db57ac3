"""The description of the interface, OpenAPI 3.1, made from the typed routes themselves."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from graph.spec import Json
from web.api.bodies import JSON_TYPE
from web.api.errors import PROBLEM_TYPE, ApiError, status_of
from web.api.routes import Endpoint

_REFERENCE = "#/components/schemas/{model}"
_TITLE = "Latentloom"
_ABOUT = (
    "Jobs, assets and workflows of a Latentloom server. Jobs and assets have the shapes of the public SDKs `comfy-sdk` "
    "and `@comfyorg/sdk`. Errors are problem details (RFC 9457) that carry the SDKs' envelope as `error`. The routes "
    "tagged `classic` are ComfyUI's; each also exists without `/api`."
)
_PROBLEM: Mapping[str, Json] = {
    "type": "object",
    "description": "What went wrong, and what to do.",
    "required": ["type", "title", "status", "detail", "error"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "A short word for programs."},
                "message": {"type": "string"},
                "details": {"type": ["object", "null"]},
            },
        },
    },
}


def describe(endpoints: Sequence[Endpoint], classic: Iterable[web.RouteDef], version: str) -> dict[str, Json]:
    """The description of these routes.

    Args:
        endpoints: typed routes, told in full.
        classic: routes of which only what they do is told.
        version: the version of the program.
    """
    references, definitions = _models(endpoints)
    paths: dict[str, dict[str, Json]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, references)
    for route in classic:
        paths.setdefault(route.path, {})[route.method.lower()] = _classic_operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": version, "description": _ABOUT},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": dict(_PROBLEM)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


_References = Mapping[Any, Mapping[str, Json]]  # (model, mode) -> reference


def _models(endpoints: Sequence[Endpoint]) -> tuple[_References, dict[str, Json]]:
    """References to the models of bodies and answers, and their definitions."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for each in endpoints:
        if (body := each.model("body")) is not None:
            wanted[body, "validation"] = None
        if each.answer is not None:
            wanted[each.answer, "serialization"] = None
    references, schema = models_json_schema(list(wanted), ref_template=_REFERENCE)
    return references, schema.get("$defs", {})


def _operation(told: Endpoint, references: _References) -> dict[str, Json]:
    operation: dict[str, Json] = {
        "operationId": told.name,
        "summary": told.summary,
        "tags": [told.path.split("/")[3]],
        "parameters": _parameters(told),
        "responses": _responses(told, references),
    }
    if told.description:
        operation["description"] = told.description
    body = told.model("body")
    if body is not None:
        schema = references[body, "validation"]
        operation["requestBody"] = {"required": True, "content": {JSON_TYPE: {"schema": schema}}}
    elif told.takes:
        schema = told.form or {"type": "string", "format": "binary"}
        operation["requestBody"] = {"required": True, "content": {each: {"schema": schema} for each in told.takes}}
    return operation


def _parameters(told: Endpoint) -> list[Json]:
    found: list[Json] = []
    for name, hint in told.parameters.items():
        schema = TypeAdapter(hint).json_schema()
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    for place, key in (("query", "query"), ("header", "headers")):
        model = told.model(key)
        properties = model.model_json_schema()["properties"] if model is not None else {}
        for name, described in properties.items():
            schema = {key: each for key, each in described.items() if key != "description"}
            parameter = {"name": name, "in": place, "required": False, "schema": _without_null(schema)}
            if "description" in described:
                parameter["description"] = described["description"]
            found.append(parameter)
    return found


def _without_null(schema: Mapping[str, Json]) -> dict[str, Json]:
    """The schema of a parameter: what is left out is not sent, and nothing in a URL is null."""
    alternatives = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    rest = {key: each for key, each in schema.items() if key not in ("anyOf", "title")}
    if rest.get("default", 0) is None:
        del rest["default"]
    return (
        {**rest, **alternatives[0]}
        if len(alternatives) == 1
        else {**rest, **({"anyOf": alternatives} if alternatives else {})}
    )


def _responses(told: Endpoint, references: _References) -> dict[str, Json]:
    good: dict[str, Json] = {"description": "Done."}
    if told.answer is not None:
        good["content"] = {told.gives: {"schema": references[told.answer, "serialization"]}}
    elif told.gives:
        good["content"] = {told.gives: {"schema": {"type": "string"}}}
    responses: dict[str, Json] = {str(status): good for status in (told.status, *told.also)}
    if told.is_tagged:
        responses["304"] = {"description": "Nothing changed since the ETag that was sent in If-None-Match."}
    for error in told.errors:
        responses[str(status_of(error))] = _failure(_first_line(error))
    return {**responses, "default": _failure("What may go wrong everywhere: no token, a body that is no JSON, …")}


def _failure(description: str) -> dict[str, Json]:
    schema = {"$ref": _REFERENCE.format(model="Problem")}
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": schema}}}


def _classic_operation(route: web.RouteDef) -> dict[str, Json]:
    names = [part[1:-1].partition(":")[0] for part in route.path.split("/") if part.startswith("{")]
    return {
        "summary": _first_line(route.handler),
        "tags": ["classic"],
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names],
        "responses": {"200": {"description": "Done."}, "default": {"description": "An error in the classic shape."}},
    }


def _first_line(thing: type[ApiError] | Any) -> str:  # anything with a docstring
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")
