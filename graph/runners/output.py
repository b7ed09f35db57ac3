"""What a worker prints, as lines: cut to size, limited in rate, with the last of it kept for a crash report."""

import time
from collections.abc import Callable

from graph.runners.faultdump import FaultDump, condense

_TAIL_BYTES = 32768


class PrintedLines:
    """Turns printed bytes into lines for people, and drops what is more than people can read.

    A token bucket: `burst` lines at once, `lines_per_second` after that. What is dropped is counted and told. Bytes
    beyond the allowance are neither split nor decoded, so that a flood costs next to nothing. What Python's fault
    handler prints when the process dies is for the crash report and is not shown.
    """

    def __init__(
        self,
        show: Callable[[str], None],
        *,
        lines_per_second: float = 20.0,
        burst: int = 200,
        longest_line: int = 2000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._rate = lines_per_second
        self._burst = float(burst)
        self._longest = longest_line
        self._clock = clock
        self._allowance = self._burst
        self._filled_at = clock()
        self._partial = b""
        self._tail = b""
        self._dump = FaultDump()
        self._left_out_lines = 0
        self._left_out_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take what was printed next; whole lines are shown."""
        self._tail = (self._tail + data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        self._refill()
        position = 0
        while position < len(data) and self._allowance >= 1:
            end = data.find(b"\n", position)
            if end < 0:
                self._keep(data[position:])
                return
            self._keep(data[position:end])
            self._line()
            position = end + 1
        if position < len(data):
            self._leave_out(data, position)

    def settle(self) -> None:
        """Show the last line, if it has no end, and how much was left out: what comes next is somebody else's."""
        if self._partial and self._allowance >= 1:
            self._line()
        self._tell_left_out()

    def tail(self) -> tuple[str, ...]:
        """The last lines printed, whether they were shown or not; of a fault handler's dump, what matters."""
        return condense([_text(each) for each in self._tail.split(b"\n") if each.strip()])

    def _refill(self) -> None:
        now = self._clock()
        self._allowance = min(self._burst, self._allowance + (now - self._filled_at) * self._rate)
        self._filled_at = now

    def _keep(self, part: bytes) -> None:
        room = max(0, self._longest - len(self._partial))
        self._left_out_bytes += max(0, len(part) - room)
        self._partial += part[:room]

    def _line(self) -> None:
        self._tell_left_out()
        line, self._partial = _text(self._partial), b""
        if line.strip() and not self._dump.takes(line):
            self._allowance -= 1
            self._show(line)

    def _leave_out(self, data: bytes, position: int) -> None:
        self._left_out_lines += data.count(b"\n", position)
        self._left_out_bytes += len(data) - position + len(self._partial)
        self._partial = b""

    def _tell_left_out(self) -> None:
        if self._left_out_bytes:
            lines, size = self._left_out_lines, self._left_out_bytes
            self._left_out_lines = self._left_out_bytes = 0
            self._show(f"({lines:,} lines, {size:,} bytes of output were left out)")


def _text(line: bytes) -> str:
    """Printable text: control characters cannot forge lines or drive a terminal."""
    text = (
        line.decode("utf-8", "backslashreplace").rstrip("\r").rsplit("\r", 1)[-1]
    )  # of a progress bar, its last state
    return "".join(each if each.isprintable() or each == "\t" else "\N{REPLACEMENT CHARACTER}" for each in text)
