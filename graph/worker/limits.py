"""Bounds within which a worker process lives: memory, and the life of its supervisor."""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource

_PR_SET_PDEATHSIG = 1
_PREFERENCE = 500
"""Between 0 and 1000; the system's memory killer takes the highest first. A server has 0."""


def die_with(parent: int) -> None:
    """End this process when its parent ends, even if that is killed. Linux only; elsewhere the connection tells."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def bound_memory(limit_bytes: int | None) -> None:
    """Make allocations fail beyond `limit_bytes` of private memory, instead of the machine running out.

    On Linux the limit counts private writable memory only (`RLIMIT_DATA`): weights that are mapped from files and
    address space that is only reserved are free, which `RLIMIT_AS` would count. macOS accepts limits and ignores them.
    """
    if limit_bytes is None or sys.platform == "win32":
        return
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    _, hard = resource.getrlimit(kind)
    limit = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
    resource.setrlimit(kind, (limit, limit))


def write_no_core_files() -> None:
    """Keep a crash from writing gigabytes of memory to disk."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def prefer_when_memory_is_short() -> None:
    """Let the system's memory killer take this process before the server. Linux only."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(_PREFERENCE))
