"""How much memory this machine lets its processes have."""

import os
from pathlib import Path

_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine_bytes() -> int | None:
    """The memory of this machine, or of the container that this runs in; None if nobody says. Blocks."""
    names = os.sysconf_names if hasattr(os, "sysconf") else {}
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")] if "SC_PHYS_PAGES" in names else []
    for place in _CGROUPS:
        try:
            text = Path(place).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdigit():
            found.append(int(text))
    return min((each for each in found if each > 0), default=None)
