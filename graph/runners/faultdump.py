"""What Python's fault handler prints when a process dies: told apart from what nodes print, and cut to what matters."""

import re
from collections.abc import Sequence

_START = re.compile(r"Fatal Python error: |Current thread 0x|Thread 0x")
_INSIDE = re.compile(r'  File "|  \.\.\.|  <|Current thread 0x|Thread 0x|Extension modules: ')
_THREAD = re.compile(r"(Current thread|Thread) 0x")
_OURS = re.compile(r"[/\\]graph[/\\]worker[/\\]")
_IDLE = re.compile(r'concurrent[/\\]futures[/\\]thread\.py", line \d+ in _worker$')


class FaultDump:
    """Recognises the lines of a fault handler's dump as they come."""

    def __init__(self) -> None:
        self._is_inside = False

    def takes(self, line: str) -> bool:
        """Whether the line belongs to a dump and is none of a node's own."""
        self._is_inside = bool(_START.match(line) or (self._is_inside and _INSIDE.match(line)))
        return self._is_inside


def condense(lines: Sequence[str], longest: int = 40) -> tuple[str, ...]:
    """The last lines of a process, with only those threads of a dump that were running a node.

    Threads of the worker's own machinery and idle ones are left out, unless nothing would be left.
    """
    sections: list[list[str]] = [[]]
    for line in lines:
        if _THREAD.match(line):
            sections.append([])
        if not line.startswith("Extension modules: "):
            sections[-1].append(line)
    before, threads = sections[0], sections[1:]
    busy = [each for each in threads if not _is_machinery(each)]
    kept = [*before, *(line for each in busy or threads for line in each)]
    return tuple(kept[:longest] if threads else kept[-longest:])


def _is_machinery(thread: Sequence[str]) -> bool:
    frames = thread[1:]
    return not frames or bool(_IDLE.search(frames[0])) or any(_OURS.search(frame) for frame in frames)
