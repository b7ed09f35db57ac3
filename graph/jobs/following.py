"""Follows a job: every event once and in order, for those who come late or come back as well."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from graph.events import TERMINAL, Event
from graph.jobs.errors import UnknownJob
from graph.jobs.hub import Hub
from graph.jobs.records import Job

PAGE = 256
"""How many events are read from the log at a time."""


class Follower:
    """Reads the log of a job and then stays with it.

    Responsibilities: no gaps, no duplicates, previews only while the follower is up to date, and no memory for a
    follower who does not keep up, because the log in the database is the buffer.
    """

    def __init__(
        self,
        hub: Hub,
        read_events: Callable[[str, int, int], Awaitable[Sequence[Event]]],
        read_job: Callable[[str], Awaitable[Job | None]],
        poll_seconds: float | None,
    ) -> None:
        self._hub = hub
        self._read_events = read_events
        self._read_job = read_job
        self._poll_seconds = poll_seconds

    async def follow(self, job_id: str, after_seq: int) -> AsyncIterator[Event]:
        """The events after `after_seq`, as they come, until the terminal one.

        Raises:
            UnknownJob: there is no such job, or it was deleted meanwhile.
        """
        seq = after_seq
        with self._hub.following(job_id) as news:
            while True:
                events: Sequence[Event] | None = news.after(seq)
                is_in_doubt = events is None or (not events and news.take_doubt())
                if is_in_doubt:
                    events = await self._read_events(job_id, seq, PAGE)
                for event in events or ():
                    if event.seq > seq:
                        seq = event.seq
                        yield event
                        if isinstance(event, TERMINAL):
                            return
                if is_in_doubt and events:
                    news.wake(is_in_doubt=True)  # there may be another page
                elif is_in_doubt and await self._is_over(job_id, seq):
                    return
                if not events:
                    for preview in news.take_previews():
                        yield preview
                    await news.wait(self._poll_seconds)

    async def _is_over(self, job_id: str, seq: int) -> bool:
        job = await self._read_job(job_id)
        if job is None:
            raise UnknownJob(f"There is no job {job_id}; it may have been deleted.")
        return job.is_ended and job.last_seq <= seq
