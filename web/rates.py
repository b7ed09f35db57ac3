"""How often somebody may do something: a bucket of tokens for each, filled at a steady rate."""

import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_KNOWN = 10_000
"""How many callers are remembered; those who were quiet the longest are forgotten first."""


class Rate:
    """Allows each caller `burst` actions at once and `per_second` in the long run.

    Args:
        per_second: how fast a bucket fills.
        burst: how much it holds.
        clock: seconds, monotonic.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, caller: str) -> float:
        """Take a token: returns 0 if there was one, else how long until there is."""
        now = self._clock()
        left, filled_at = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - filled_at) * self._per_second)
        is_allowed = left >= 1
        self._buckets[caller] = (left - 1 if is_allowed else left, now)
        while len(self._buckets) > _MOST_KNOWN:
            self._buckets.popitem(last=False)
        return 0.0 if is_allowed else (1 - left) / self._per_second
