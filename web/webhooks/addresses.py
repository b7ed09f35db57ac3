"""Which addresses of the network are outside: a request to any other could reach what only this machine may reach."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from graph.errors import LatentloomError

IsAcceptable = Callable[[str], bool]
"""Whether an address may be connected to."""

_RESOLVERS = 4
_RESOLVE_SECONDS = 10.0
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Of these prefixes, the last 32 bits are an IPv4 address that a gateway connects to (RFC 6052, RFC 4291 2.5.5.1).
_EMBEDDING = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
_LOCAL_TRANSLATION = ipaddress.IPv6Network("64:ff9b:1::/48")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


class NotOutside(LatentloomError):
    """A host is at an address inside; the message does not say which, for that is nobody's business outside."""


class NoSuchHost(LatentloomError):
    """A host has no address at present."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet.

    Private, loopback, link-local, shared, multicast and reserved ranges are not, nor are addresses of IPv6 that lead to
    such an address of IPv4.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _LOCAL_TRANSLATION or parsed.scope_id is not None:
            return False
        inner = _embedded(parsed)
        if inner is not None:
            return _is_global(inner)
        return parsed in _GLOBAL_UNICAST and _is_global(parsed)
    return _is_global(parsed)


class Resolver:
    """Finds the addresses of hosts, on threads of its own: a name server that is slow delays nobody else."""

    def __init__(self, is_acceptable: IsAcceptable = is_public) -> None:
        self._is_acceptable = is_acceptable
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="webhook-resolver")

    async def resolve(self, host: str, port: int) -> str:
        """An address of a host. The connection must be made to it and not to the name, which may lead elsewhere then.

        Raises:
            NotOutside: one of its addresses may not be connected to.
            NoSuchHost: it has none.
        """
        loop = asyncio.get_running_loop()
        asking = loop.run_in_executor(self._threads, _addresses, host, port)
        try:
            addresses = await asyncio.wait_for(asking, _RESOLVE_SECONDS)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise NoSuchHost(f'The host "{host[:80]}" has no address that could be found.') from error
        if not addresses:
            raise NoSuchHost(f'The host "{host[:80]}" has no address.')
        if not all(map(self._is_acceptable, addresses)):
            raise NotOutside(f'The host "{host[:80]}" is not on the public internet, so nothing is sent there.')
        return addresses[0]

    def close(self) -> None:
        """Give the threads back, without waiting for them."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of IPv4 that an address of IPv6 leads to, if it does."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _EMBEDDING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _is_global(address: _Address) -> bool:
    is_special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    return address.is_global and not is_special
