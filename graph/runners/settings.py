"""How a worker process is set up, and how patient its supervisor is."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.spec import Json


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker process is: which application it builds, and within which bounds it lives."""

    factory: str
    """Where the application comes from: `module:function`, called with `settings`."""
    settings: Mapping[str, Json] = field(default_factory=dict)
    import_paths: tuple[str, ...] = ()
    """Directories to import from, besides the one that holds this engine."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables to set, over those that every worker gets."""
    threads: int | None = None
    """How many threads numeric libraries use; None leaves it to them."""
    memory_limit_bytes: int | None = None
    """How much private memory the process may have: beyond it allocations fail. Enforced on Linux; None is no limit."""
    beat_seconds: float = 1.0
    """The longest silence of a healthy worker."""
    python: str = sys.executable
    over_tcp: bool = sys.platform == "win32"
    """Whether to connect by loopback TCP with a one-time token, where there are no socket pairs to inherit."""


@dataclass(frozen=True)
class Supervision:
    """How patient the supervisor of a worker is, and how it replaces one."""

    start_seconds: float = 180.0
    """How long a worker may take to import its nodes."""
    hang_seconds: float = 30.0
    """How long a worker may be silent. Native code may hold the interpreter for seconds while it loads a model."""
    cancel_grace_seconds: float = 10.0
    """How long a cancelled job may take to stop by itself before its worker is replaced."""
    stop_grace_seconds: float = 2.0
    """How long a worker may take to end when it is told to."""
    max_attempts: int = 2
    """How many workers one job may cost before it fails."""
    spare: bool = True
    """Whether a second worker stands ready, imports done, so that a replacement takes no time."""
    crash_limit: int = 3
    """How many crashes without a finished job between them put the worker out of rotation. A job counts once."""
    crash_window_seconds: float = 60.0
    """How long a crash is remembered."""
