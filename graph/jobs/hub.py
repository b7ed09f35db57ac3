"""Tells those who wait in this process what was committed: new events of a job, and changes of the queue.

Nothing here grows with a slow reader: whoever falls behind reads the log in the database instead.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from graph.events import Event, NodePreview

_RECENT = 2048
"""How many events of a job a follower may lag behind before it reads the log."""
_MAXIMUM_PREVIEWS = 16
_MAXIMUM_CHANGES = 4096


class News:
    """What one follower of a job has not seen: recent events, the latest previews, and whether to read the log."""

    def __init__(self, recent: deque[Event]) -> None:
        self._recent = recent
        self._signal = asyncio.Event()
        self._previews: dict[str, NodePreview] = {}
        self._is_in_doubt = True

    def after(self, seq: int) -> list[Event] | None:
        """The recent events after `seq`; None if they do not reach back that far."""
        if self._recent and self._recent[0].seq > seq + 1:
            return None
        return [event for event in self._recent if event.seq > seq]

    def take_doubt(self) -> bool:
        """Whether the log may hold more than was announced since this was last asked."""
        was_in_doubt, self._is_in_doubt = self._is_in_doubt, False
        return was_in_doubt

    def take_previews(self) -> list[NodePreview]:
        """The latest preview of each node since the last look."""
        previews, self._previews = list(self._previews.values()), {}
        return previews

    async def wait(self, seconds: float | None) -> None:
        """Return when there is something new; after `seconds` there is doubt."""
        try:
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        except TimeoutError:
            self._is_in_doubt = True
        self._signal.clear()

    def wake(self, is_in_doubt: bool = False) -> None:
        """Say that there is something new, perhaps in the log only."""
        self._is_in_doubt = self._is_in_doubt or is_in_doubt
        self._signal.set()

    def show(self, preview: NodePreview) -> None:
        """Offer a preview; it replaces an earlier one of the same node."""
        if preview.node.id in self._previews or len(self._previews) < _MAXIMUM_PREVIEWS:
            self._previews[preview.node.id] = preview
            self.wake()


class Changes:
    """Which jobs changed their state or place since the last look."""

    def __init__(self) -> None:
        self._jobs: set[str] = set()
        self._is_complete = True
        self._signal = asyncio.Event()

    def add(self, job_ids: Iterable[str]) -> None:
        """Note that these jobs changed."""
        if self._is_complete:
            self._jobs.update(job_ids)
        if len(self._jobs) > _MAXIMUM_CHANGES:
            self._jobs, self._is_complete = set(), False
        self._signal.set()

    def forget(self) -> None:
        """Take what changed until now for seen: whoever looks at the store next sees it there."""
        self._jobs, self._is_complete = set(), True
        self._signal.clear()

    async def next(self, seconds: float | None = None) -> frozenset[str] | None:
        """Wait for changes; returns the jobs, none after `seconds` without any, or None if too many changed to name."""
        try:
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        except TimeoutError:
            return frozenset()
        self._signal.clear()
        jobs, is_complete = frozenset(self._jobs), self._is_complete
        self._jobs, self._is_complete = set(), True
        return jobs if is_complete else None


class Hub:
    """Who waits for what. Belongs to one event loop."""

    def __init__(self) -> None:
        self._followers: dict[str, tuple[deque[Event], list[News]]] = {}
        self._watchers: list[Changes] = []

    def publish(self, job: str, events: Sequence[Event]) -> None:
        """Events of a job were committed."""
        recent, followers = self._followers.get(job, (None, []))
        if recent is not None:
            if recent and events and recent[-1].seq + 1 != events[0].seq:
                recent.clear()  # something was committed elsewhere in between
            recent.extend(events)
        for news in followers:
            news.wake()

    def show(self, preview: NodePreview) -> None:
        """A running node shows its work."""
        for news in self._followers.get(preview.job, (None, []))[1]:
            news.show(preview)

    def changed(self, job_ids: Iterable[str]) -> None:
        """These jobs changed their state or place, perhaps with events; without any, nobody is woken."""
        ids = list(job_ids)
        if not ids:
            return
        for changes in self._watchers:
            changes.add(ids)
        for job in self._followers.keys() & set(ids):
            for news in self._followers[job][1]:
                news.wake(is_in_doubt=True)

    @contextmanager
    def following(self, job: str) -> Iterator[News]:
        """While inside, news of the job are gathered."""
        recent, followers = self._followers.setdefault(job, (deque(maxlen=_RECENT), []))
        news = News(recent)
        followers.append(news)
        try:
            yield news
        finally:
            followers.remove(news)
            if not followers:
                del self._followers[job]

    @contextmanager
    def watching(self) -> Iterator[Changes]:
        """While inside, changes of the queue are gathered."""
        changes = Changes()
        self._watchers.append(changes)
        try:
            yield changes
        finally:
            self._watchers.remove(changes)
