"""Guards every request, the websocket's upgrade included; see `docs/api.md`.

A page of another site can make a browser send requests here, so it is looked at where a request says it comes from:
`Host` (against DNS rebinding), `Origin` and `Sec-Fetch-Site`, whatever the method. Programs send none of these but
`Host`. Bodies are JSON, which no form can send, and nothing that is served can run as a script of this site.
"""

import logging
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from web.api.bodies import JSON_TYPE, taken_types
from web.api.errors import Handler, NotAllowed, Refused, TooOften, WrongHost, WrongKind
from web.api.parts import parts_of
from web.rates import Rate
from web.settings import LOOPBACK_NAMES, ServerSettings, is_address, is_loopback

_LOGGER = logging.getLogger("latentloom.web")
COOKIE = "latentloom_session"
NO_SCRIPTS = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""The content policy of everything but the page itself."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": NO_SCRIPTS,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
OPEN_PATHS = frozenset(
    {
        *("/", "/status", "/static/app.css", "/static/app.js", "/static/icon.png", "/favicon.ico"),
        *("/livez", "/readyz", "/session", "/api/session"),
    }
)
"""What is answered without the token: the pages, which hold nothing of anybody, and signs of life."""
OPEN_FOLDER = "/assets/"
"""The files of the editor are open too: it has to be there to ask for the token."""
_UNNAMED = ("application/x-www-form-urlencoded", "text/plain")
"""What libraries call a body that they were not told the type of."""
_BROWSER_HEADERS = (hdrs.ORIGIN, "Sec-Fetch-Site", hdrs.REFERER, hdrs.COOKIE)


class Guard:
    """Decides who is let in.

    Args:
        settings: where the server listens, and under which names.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._is_loopback = settings.is_loopback
        names = LOOPBACK_NAMES | settings.names | {host for host in settings.hosts if not is_address(host)}
        self._names = frozenset(name.lower() for name in names)
        self._failures = Rate(per_second=5 / 60, burst=10)

    @property
    def middleware(self) -> Middleware:
        """Looks at each request before any handler does."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._check_host(request)
            self._check_origin(request)
            self._check_token(request)
            _check_body(request)
            return await handler(request)

        return guard

    def _check_host(self, request: web.Request) -> None:
        host = _host_name(request.headers.get(hdrs.HOST, ""))
        is_known = host in self._names or (is_address(host) and (is_loopback(host) or not self._is_loopback))
        if not is_known:
            raise WrongHost(f'"{host[:100]}" is no name of this server. The operator can add it: --allow-host NAME.')

    def _check_origin(self, request: web.Request) -> None:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and not _is_same_origin(origin, request):
            raise Refused("Another web page may not use this server.", kind="foreign_origin")
        site = request.headers.get("Sec-Fetch-Site", "none").lower()
        if site not in ("none", "same-origin") and not _is_link_to_page(request):
            raise Refused("Another web page may not use this server.", kind="foreign_site")

    def _check_token(self, request: web.Request) -> None:
        sessions = parts_of(request).sessions
        if not sessions.is_needed or request.path in OPEN_PATHS or request.path.startswith(OPEN_FOLDER):
            return
        shown = _shown_token(request)
        if shown is None and sessions.is_open(request.cookies.get(COOKIE, "")):
            return
        if shown is not None and self.accepts(request, shown):
            return
        raise NotAllowed('This server asks for its token: send "Authorization: Bearer TOKEN".')

    def accepts(self, request: web.Request, shown: str) -> bool:
        """Whether the token is right. Who is wrong too often has to wait.

        Raises:
            TooOften: somebody at this address keeps guessing.
        """
        if parts_of(request).sessions.is_token(shown):
            return True
        wait_seconds = self._failures.wait_seconds(request.remote or "")
        if wait_seconds > 0:
            raise TooOften("Too many wrong tokens came from this address.", retry_seconds=wait_seconds)
        return False


GUARD = web.AppKey("guard", Guard)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Sets the headers of every answer, errors included; a handler may have set its own policy."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    response.headers[hdrs.SERVER] = "latentloom"


def _host_name(host: str) -> str:
    """The name in a `Host` header, without port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_same_origin(origin: str, request: web.Request) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == request.headers.get(hdrs.HOST, "").lower()


def _is_link_to_page(request: web.Request) -> bool:
    """Whether somebody follows a link to the front page, which changes nothing and tells nothing."""
    is_navigation = request.headers.get("Sec-Fetch-Mode") == "navigate"
    is_document = request.headers.get("Sec-Fetch-Dest") == "document"
    return is_navigation and is_document and request.method == hdrs.METH_GET and request.path == "/"


def _shown_token(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.headers.get("X-API-Key")


def _check_body(request: web.Request) -> None:
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise WrongKind("Compressed bodies are not taken; send it as it is.")
    if not request.body_exists:
        return
    taken = taken_types(request.match_info.handler)
    if request.content_type in taken or "*/*" in taken:
        return
    # Python's urllib calls every body a form unless told otherwise, Node.js calls it text, and many scripts leave it at
    # that. Browsers cannot send a body without one of these headers, and it has to be JSON all the same.
    is_program = not any(header in request.headers for header in _BROWSER_HEADERS)
    is_unnamed = request.content_type in _UNNAMED or hdrs.CONTENT_TYPE not in request.headers
    if is_program and is_unnamed and JSON_TYPE in taken:
        return
    raise WrongKind(f"{request.path} takes {' or '.join(taken)}, got {request.content_type}.")
