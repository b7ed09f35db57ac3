"""Browsers that have shown the token: each gets a random id for its cookie, so that scripts never hold the token."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_SESSIONS = 1000
_LIFETIME_SECONDS = 30 * 24 * 3600.0


class Sessions:
    """Knows the token's digest and who has shown it. Forgets everybody when the server ends.

    Args:
        token: what clients must know; None lets everybody in.
        clock: seconds, monotonic.
    """

    def __init__(self, token: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._digest = None if token is None else _digest(token)
        self._clock = clock
        self._opened: OrderedDict[str, float] = OrderedDict()

    @property
    def is_needed(self) -> bool:
        """Whether anybody has to show the token."""
        return self._digest is not None

    def is_token(self, shown: str) -> bool:
        """Whether this is the token; takes the same time whatever is wrong."""
        return self._digest is not None and hmac.compare_digest(_digest(shown), self._digest)

    def open(self) -> str:
        """A new session, for whoever has shown the token."""
        while len(self._opened) >= _MOST_SESSIONS:
            self._opened.popitem(last=False)
        session = secrets.token_urlsafe(32)
        self._opened[session] = self._clock() + _LIFETIME_SECONDS
        return session

    def is_open(self, session: str) -> bool:
        """Whether this session was opened here and has not ended."""
        ends = self._opened.get(session)
        return ends is not None and ends > self._clock()

    def end(self, session: str) -> None:
        """Forget a session."""
        self._opened.pop(session, None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
