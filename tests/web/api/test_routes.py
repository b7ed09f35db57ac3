"""Typed routes, on a tiny application of their own."""

from typing import Annotated

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from web.api.errors import errors
from web.api.parts import PARTS
from web.api.routes import INTEGRAL, Answer, Options, Record, Wish, endpoint
from web.openapi import describe
from web.settings import Limits


class DrawWish(Wish):
    """What to draw."""

    size: Annotated[int, Field(ge=1, le=512), INTEGRAL]
    """How large."""
    names: list[str] = Field(default_factory=list)


class DrawQuery(Options):
    limit: Annotated[int, Field(ge=1)] = 10


class DrawHeaders(Options):
    key: Annotated[str | None, Field(alias="X-Key")] = None


class Drawn(Record):
    """What was drawn."""

    id: int
    size: int
    limit: int
    key: str | None


@endpoint("POST", "/api/v2/draw/{id}", status=201, also=(200,))
async def post_draw(
    request: web.Request,
    id: Annotated[int, Field(ge=0)],
    body: DrawWish,
    query: DrawQuery,
    headers: DrawHeaders,
) -> Answer[Drawn]:
    """Draw something.

    More about it.
    """
    drawn = Drawn(id=id, size=body.size, limit=query.limit, key=headers.key)
    return Answer(drawn, 200 if body.size == 1 else 201)


@endpoint("DELETE", "/api/v2/draw/{id}", status=204, gives="")
async def delete_draw(request: web.Request, id: int) -> None:
    """Forget it."""


class _Settings:
    limits = Limits()


class _Parts:
    settings = _Settings()


@pytest.fixture
async def client():
    app = web.Application(middlewares=[errors])
    app[PARTS] = _Parts()  # type: ignore[misc]
    app.add_routes([post_draw.route(), delete_draw.route()])
    async with TestClient(TestServer(app)) as made:
        yield made


async def draw(client: TestClient, body: object, path: str = "7", **options) -> tuple[int, dict]:
    async with client.post(f"/api/v2/draw/{path}", json=body, **options) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_everything_that_was_asked_for_arrives_typed(client):
    status, told = await draw(client, {"size": 64}, headers={"X-Key": "k"}, params={"limit": "3"})
    assert (status, told) == (201, {"id": 7, "size": 64, "limit": 3, "key": "k"})


@pytest.mark.parametrize(("size", "status"), [(64.0, 201), (1, 200), (True, 422), ("64", 422), (1.5, 422), (0, 422)])
async def test_whole_numbers_are_what_json_schema_calls_an_integer(client, size, status):
    assert (await draw(client, {"size": size}))[0] == status


@pytest.mark.parametrize(
    ("path", "body", "params", "place"),
    [
        ("x", {"size": 1}, {}, "path.id"),
        ("1", {"size": 1}, {"limit": "many"}, "query.limit"),
        ("1", {"size": 1, "siez": 1}, {}, "body.siez"),
        ("1", {"size": 1, "names": ["a", 1]}, {}, "body.names.1"),
        ("1", [], {}, "body"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_place(client, path, body, params, place):
    status, told = await draw(client, body, path, params=params)
    assert (status, told["error"]["code"]) == (422, "invalid_request")
    assert [each["place"] for each in told["error"]["details"]["errors"]] == [place]


async def test_a_handler_that_gives_nothing_answers_with_nothing(client):
    async with client.delete("/api/v2/draw/1") as answer:
        assert (answer.status, await answer.read()) == (204, b"")


async def test_other_methods_are_told_which_there_are(client):
    async with client.put("/api/v2/draw/1") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "DELETE,POST")
        assert answer.content_type == "application/problem+json"


def test_the_description_says_what_the_signature_says():
    told = describe([post_draw, delete_draw], [], "1")
    operation = told["paths"]["/api/v2/draw/{id}"]["post"]
    assert (operation["summary"], operation["description"]) == ("Draw something.", "More about it.")
    assert [(each["name"], each["in"]) for each in operation["parameters"]] == [
        ("id", "path"),
        ("limit", "query"),
        ("X-Key", "header"),
    ]
    assert operation["parameters"][1]["schema"] == {"type": "integer", "minimum": 1, "default": 10}
    assert {"200", "201", "404", "default"} <= set(operation["responses"])
    schema = told["components"]["schemas"]["DrawWish"]
    assert schema["properties"]["size"]["description"] == "How large."
    assert (schema["properties"]["size"]["maximum"], schema["additionalProperties"]) == (512, False)
    assert "content" not in told["paths"]["/api/v2/draw/{id}"]["delete"]["responses"]["204"]
