"""What a proxy says of those for whom it asks: believed only where the operator says so, and only from this machine."""

import ipaddress

from aiohttp import web

from web.api.errors import Handler, Invalid
from web.settings import is_loopback

FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@web.middleware
async def behind_proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets a request come from where the proxy says that it came from.

    The proxy adds the address that it was asked from at the end of what it was sent, so the last one counts: what
    stands before it is the client's own story. A request that the proxy makes for itself says nothing of this.
    """
    if not request.remote or not is_loopback(request.remote):
        return await handler(request)
    said: dict[str, str] = {}
    if (address := _last(request, FOR)) is not None:
        said["remote"] = _address(address)
    if (scheme := _last(request, PROTO)) is not None:
        said["scheme"] = _scheme(scheme)
    return await handler(request.clone(**said) if said else request)  # type: ignore[arg-type]  # two texts


def _last(request: web.Request, header: str) -> str | None:
    """The last part of a header that may come several times, with commas in each."""
    values = request.headers.getall(header, [])
    return values[-1].rpartition(",")[2].strip() if values else None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.removeprefix("[").partition("]")[0]))
    except ValueError:
        raise Invalid(f"The proxy says in {FOR} that it asks for {text[:40]!r}, which is no address.") from None


def _scheme(text: str) -> str:
    if text.lower() not in _SCHEMES:
        raise Invalid(f"The proxy says in {PROTO} that it was asked by {text[:40]!r}; http or https is meant.")
    return _SCHEMES[text.lower()]
