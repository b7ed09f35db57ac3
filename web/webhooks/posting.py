"""Sends one message to one URL: to the address that was checked, without following anybody elsewhere."""

from collections.abc import Mapping

import aiohttp
from yarl import URL

from web.webhooks.addresses import Resolver

_SECONDS = 10.0
_CONNECTIONS = 16


class Poster:
    """Sends messages. Belongs to the event loop in which it was made; give it back with `close`.

    The name in a URL is resolved once, its addresses are checked, and the connection is made to the address: a name
    that leads elsewhere a moment later (DNS rebinding) gains nothing. TLS still checks the name. Redirects are not
    followed, answers are not read, no proxy, cookie or credential of this machine is used.
    """

    def __init__(self, resolver: Resolver, ssl: aiohttp.Fingerprint | bool = True) -> None:
        self._resolver = resolver
        self._ssl = ssl
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
            trust_env=False,
            auto_decompress=False,
            max_line_size=4096,
            max_field_size=4096,
        )

    async def post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a message; returns the status of the answer.

        Raises:
            NotOutside: the host may not be connected to.
            NoSuchHost: it has no address.
            aiohttp.ClientError: it does not answer, or not in HTTP.
            TimeoutError: it takes too long.
        """
        host, port = url.host or "", url.port or 443
        address = await self._resolver.resolve(host, port)
        async with self._session.post(
            url.with_host(address),
            data=body,
            headers={**headers, "Host": url.host_port_subcomponent or host, "Content-Type": "application/json"},
            allow_redirects=False,
            server_hostname=host if url.scheme == "https" else None,
            ssl=self._ssl,
        ) as answer:
            return answer.status

    async def close(self) -> None:
        """Give everything back."""
        await self._session.close()
        self._resolver.close()
