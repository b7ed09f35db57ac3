"""Which URLs jobs may tell: those of hosts that the operator named."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from yarl import URL

from graph.errors import LatentloomError

LONGEST_URL = 2048
_SPACES = re.compile(r"[\x00-\x20\x7f]")
_EVERY = "*"


class WebhookRefused(LatentloomError):
    """A URL is none that jobs may tell; says why."""


@dataclass(frozen=True)
class AllowedHosts:
    """The hosts that may be told.

    Each is a name (`hooks.example.com`), all names below one (`*.example.com`), or `*` for every host that is on the
    public internet. https is required, unless `http://` stands before the name. None at all: webhooks are off.
    """

    hosts: Collection[str] = ()

    @property
    def is_on(self) -> bool:
        """Whether jobs may tell anybody."""
        return bool(self.hosts)

    def check(self, text: str) -> URL:
        """The URL in a text.

        Raises:
            WebhookRefused: jobs may not tell it.
        """
        if not self.is_on:
            raise WebhookRefused(
                "Webhooks are off on this server; whoever runs it can allow hosts with --webhooks HOST."
            )
        url = _parsed(text)
        if not any(_matches(each, url) for each in self.hosts):
            raise WebhookRefused(
                f'This server tells nothing to "{url.scheme}://{(url.host or "")[:80]}"; whoever runs it can allow the '
                "host with --webhooks HOST (https; http must be allowed as http://HOST)."
            )
        return url


def _parsed(text: str) -> URL:
    if len(text) > LONGEST_URL or _SPACES.search(text):
        raise WebhookRefused(f"The URL of a webhook has at most {LONGEST_URL} characters, none of them a space.")
    try:
        url = URL(text)
        is_whole = url.scheme in ("https", "http") and bool(url.host) and url.port is not None
    except ValueError:
        is_whole = False
    if not is_whole:
        raise WebhookRefused(f'"{text[:80]}" is no URL that could be told; write https://HOST/PATH.')
    if url.user is not None or url.password is not None or url.fragment:
        raise WebhookRefused("The URL of a webhook holds no user, no password and no fragment.")
    return url


def _matches(pattern: str, url: URL) -> bool:
    scheme, _, name = pattern.lower().rpartition("://")
    host = (url.host or "").lower().rstrip(".")
    if url.scheme != (scheme or "https"):
        return False
    return name in (_EVERY, host) or (name.startswith("*.") and host.endswith(name[1:]))
