"""Reads the bodies and parameters of requests: strict JSON, bounded in size and time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from graph import strict_json
from graph.spec import Json
from web.api.errors import Invalid, TooMuch
from web.api.parts import parts_of

JSON_TYPE = "application/json"
_LARGE_BYTES = 256 * 1024
"""Larger bodies are parsed in a thread."""

Handler = TypeVar("Handler", bound=Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]])


def takes(*types: str) -> Callable[[Handler], Handler]:
    """Marks a handler whose bodies are of other types than JSON; `*/*` takes anything."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__["taken_types"] = types
        return handler

    return mark


def taken_types(handler: object) -> tuple[str, ...]:
    """The types of bodies that a handler takes."""
    return getattr(handler, "taken_types", (JSON_TYPE,))


async def read_json(request: web.Request) -> Json:
    """The JSON value in the body; an empty body is an empty object.

    Raises:
        JsonError: it is no strict JSON.
        TooMuch: it is too large.
        Invalid: it did not arrive in time.
    """
    data = await read_bytes(request, parts_of(request).settings.limits.json_bytes)
    if not data:
        return {}
    return await asyncio.to_thread(strict_json.loads, data) if len(data) > _LARGE_BYTES else strict_json.loads(data)


async def read_object(request: web.Request) -> dict[str, Json]:
    """The JSON object in the body; as `read_json`.

    Raises:
        Invalid: it is something else than an object.
    """
    data = await read_json(request)
    if not isinstance(data, dict):
        raise Invalid(f"The body must be a JSON object, got {type(data).__name__}.", kind="invalid_json")
    return data


async def read_bytes(request: web.Request, most: int) -> bytes:
    """The whole body.

    Raises:
        TooMuch: it is larger than `most`.
        Invalid: it did not arrive in time.
    """
    limits = parts_of(request).settings.limits
    if request.content_length is not None and request.content_length > most:
        raise TooMuch(f"The body has {request.content_length} bytes; at most {most} are taken here.")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > most:
                    raise TooMuch(f"The body has more than {most} bytes, which is the most that is taken here.")
                chunks.append(chunk)
    except TimeoutError:
        raise Invalid(f"The body did not arrive within {limits.body_seconds:g} s.", kind="too_slow") from None
    return b"".join(chunks)


def names_in(data: dict[str, Json], key: str) -> list[str]:
    """A list of names in a body, or nothing.

    Raises:
        Invalid: it is something else.
    """
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Invalid(f'"{key}" must be a list of ids, such as ["5f2b…"].')
    return value


def number_in(request: web.Request, name: str, otherwise: int, least: int = 0, most: int = 2**31) -> int:
    """A whole number among the query parameters; beyond its limits it becomes the limit.

    Raises:
        Invalid: it is no whole number.
    """
    text = request.query.get(name)
    if text is None or text == "":
        return otherwise
    try:
        return min(max(int(text), least), most)
    except ValueError:
        raise Invalid(f'{name} must be a whole number, got "{text[:40]}".') from None


def flag_in(request: web.Request, name: str, otherwise: bool = False) -> bool:
    """A yes or no among the query parameters."""
    text = request.query.get(name)
    return otherwise if text is None else text.lower() in ("true", "1", "yes")
