"""`/session`: a browser shows the token once and gets a cookie that no script can read."""

from aiohttp import web

from web.api.bodies import read_object
from web.api.errors import NotAllowed
from web.api.parts import parts_of
from web.api.replies import reply
from web.api.security import COOKIE, GUARD


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/session", get_session),
        web.post("/session", post_session),
        web.delete("/session", delete_session),
    ]


async def get_session(request: web.Request) -> web.Response:
    """Whether a token is needed, and whether this browser has shown it."""
    sessions = parts_of(request).sessions
    is_open = not sessions.is_needed or sessions.is_open(request.cookies.get(COOKIE, ""))
    return reply({"needed": sessions.is_needed, "open": is_open})


async def post_session(request: web.Request) -> web.Response:
    """Show the token; the answer sets the cookie."""
    sessions = parts_of(request).sessions
    shown = (await read_object(request)).get("token")
    if sessions.is_needed and not (isinstance(shown, str) and request.app[GUARD].accepts(request, shown)):
        raise NotAllowed("That is not the token of this server.")
    response = reply({"needed": sessions.is_needed, "open": True})
    if sessions.is_needed:
        response.set_cookie(COOKIE, sessions.open(), httponly=True, samesite="Strict", secure=request.secure, path="/")
    return response


async def delete_session(request: web.Request) -> web.Response:
    """Forget this browser."""
    parts_of(request).sessions.end(request.cookies.get(COOKIE, ""))
    response = reply({})
    response.del_cookie(COOKIE, path="/")
    return response
