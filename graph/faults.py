"""Fault points: named places in the code where a test can make the process die, to see that nothing is lost there."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

VARIABLE = "LATENTLOOM_FAULT"
"""The environment variable that arms a fault: `NAME`, `NAME:COUNT` or `*:COUNT`, which counts every point passed."""


def fault_point(name: str) -> None:
    """A place where a test may end the process; does nothing unless a fault is armed."""
    fault = _STATE.fault()
    if fault is not None and _STATE.is_due(fault, name):
        fault.action()


def kill_process() -> None:
    """End this process at once, with no chance to tidy up, as a power cut would."""
    if sys.platform == "win32":
        os._exit(137)
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()  # the signal may take a moment to reach this thread: go no further


@dataclass(frozen=True)
class Fault:
    """What is to happen at which fault point, and at which passing of it."""

    name: str = "*"
    """The fault point; `*` means any."""
    count: int = 1
    """Happens when the point is passed for this many times."""
    action: Callable[[], object] = kill_process

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """The fault that a setting such as `after_output_rename:2` describes.

        Raises:
            ValueError: the count is not a positive number.
        """
        name, _, count = text.partition(":")
        if count and not (count.isdigit() and int(count) > 0):
            raise ValueError(f'{VARIABLE}: the count of "{text}" must be a positive whole number; write NAME:COUNT.')
        return cls(name or "*", int(count or 1))


def arm(fault: Fault | None) -> None:
    """Let this fault happen in this process, counting from now; None disarms, whatever the environment says."""
    _STATE.set(fault)


class _State:
    """Which fault is armed. A fault concerns the whole process, so this is the one piece of module state."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._fault: Fault | None = None
        self._is_known = False
        self._passed = 0

    def fault(self) -> Fault | None:
        if not self._is_known:
            text = os.environ.get(VARIABLE, "")
            self.set(Fault.parse(text) if text else None)
        return self._fault

    def set(self, fault: Fault | None) -> None:
        with self._guard:
            self._fault, self._passed, self._is_known = fault, 0, True

    def is_due(self, fault: Fault, name: str) -> bool:
        if fault.name not in ("*", name):
            return False
        with self._guard:
            self._passed += 1
            return self._passed == fault.count


_STATE = _State()
