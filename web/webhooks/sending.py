"""Tells those whose job is over, again and again until they have heard it or it has to be given up."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

import aiohttp

from graph.faults import fault_point
from graph.jobs.errors import StoreClosed, StoreError
from graph.jobs.store import JobStore
from graph.jobs.webhooks import Attempt, Webhook, WebhookDesk
from web.webhooks.addresses import NoSuchHost, NotOutside
from web.webhooks.hosts import AllowedHosts, WebhookRefused
from web.webhooks.posting import Poster
from web.webhooks.signing import signed

_LOGGER = logging.getLogger("latentloom.webhooks")
_AT_A_TIME = 8
CLAIM_SECONDS = 60.0
"""How long an attempt may take before another sender may try: longer than any attempt takes."""
_LONGEST_PAUSE_SECONDS = 300.0
_GATHER_SECONDS = 0.05
"""How long changes of jobs gather before the database is asked."""
_GONE = 410
_FIRST_RETRY_SECONDS, _RETRY_FACTOR, _LAST_RETRY_SECONDS = 5.0, 4.0, 6 * 3600.0
ATTEMPTS = 9
"""How often a webhook is tried: over about ten hours."""

Summarise = Callable[[str], Awaitable[str | None]]
"""Gives what is told of a job, as JSON; None if the job is forgotten."""


class Sender:
    """Sends the webhooks of a job store. Run by one task of each server that shares the store.

    Args:
        store: says when jobs end.
        hosts: who may be told; what was allowed when the job came may not be any more.
        poster: sends.
        key: signs.
        summarise: says what is told.
        first_retry_seconds: when a webhook is tried for the second time.
    """

    def __init__(
        self,
        store: JobStore,
        hosts: AllowedHosts,
        poster: Poster,
        key: bytes,
        summarise: Summarise,
        first_retry_seconds: float = _FIRST_RETRY_SECONDS,
    ) -> None:
        self._store = store
        self._desk = WebhookDesk(store.database)
        self._hosts = hosts
        self._poster = poster
        self._key = key
        self._summarise = summarise
        self._first_retry_seconds = first_retry_seconds
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send what is due, until cancelled. What is then under way is tried again after the next start."""
        try:
            with self._store.watching() as changes:
                while True:
                    pause_seconds = await self._begin_due()
                    waiting = asyncio.ensure_future(changes.next(self._store.poll_seconds or pause_seconds))
                    try:
                        await asyncio.wait(
                            {waiting, *self._sending}, timeout=pause_seconds, return_when=asyncio.FIRST_COMPLETED
                        )
                    finally:
                        waiting.cancel()
                    await asyncio.sleep(_GATHER_SECONDS)
        except StoreClosed:
            pass
        finally:
            await self._stop()

    async def _begin_due(self) -> float:
        """Begin what is due, as far as there is room; returns how long nothing else is to do."""
        room = _AT_A_TIME - len(self._sending)
        if room <= 0:
            return _LONGEST_PAUSE_SECONDS
        try:
            due = await self._desk.next_due()
            now = self._store.database.wall()
            if due is None or due > now:
                return _LONGEST_PAUSE_SECONDS if due is None else min(due - now, _LONGEST_PAUSE_SECONDS)
            for webhook in await self._desk.claim(room, CLAIM_SECONDS):
                task = asyncio.create_task(self._tell(webhook), name=f"webhook {webhook.id}")
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            return _LONGEST_PAUSE_SECONDS if len(self._sending) >= _AT_A_TIME else 0.0
        except StoreClosed:
            raise
        except StoreError as error:
            _LOGGER.warning("Webhooks have to wait for the job store: %s", error)
            return self._first_retry_seconds

    async def _tell(self, webhook: Webhook) -> None:
        try:
            attempt = await self._attempt(webhook)
            fault_point("webhook_after_attempt")
            await self._desk.settle(webhook, attempt)
        except StoreError as error:  # it is due again when its time is over
            _LOGGER.warning("What became of webhook %s could not be noted: %s", webhook.id, error)
            return
        except Exception:  # a bug must not stop the others; it is due again when its time is over
            _LOGGER.exception("Webhook %s could not be tried.", webhook.id)
            return
        facts = {"job": webhook.job, "webhook": webhook.id, "status": attempt.status, "attempt": webhook.attempts}
        level = logging.WARNING if attempt.state == "given_up" else logging.INFO
        _LOGGER.log(level, "Webhook %s.", attempt.state, extra=facts)

    async def _attempt(self, webhook: Webhook) -> Attempt:
        now = self._store.database.wall()
        body = webhook.body
        if body is None:
            body = await self._summarise(webhook.job)
            if body is None:
                return Attempt("given_up", now, message="The job was forgotten before it could be told of.")
            await self._desk.keep_body(webhook, body)
        try:
            url = self._hosts.check(webhook.url)
            sent = body.encode()
            status = await self._poster.post(url, sent, signed(self._key, webhook.id, int(now), sent))
        except (WebhookRefused, NotOutside) as error:
            return Attempt("given_up", now, message=str(error))
        except (NoSuchHost, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._again(webhook, None, _words(error))
        if 200 <= status < 300:
            return Attempt("delivered", self._store.database.wall(), status)
        if status == _GONE:
            return Attempt("given_up", now, status, "The receiver wants to hear nothing more (410).")
        return self._again(webhook, status, f"The receiver answered with status {status}.")

    def _again(self, webhook: Webhook, status: int | None, message: str) -> Attempt:
        now = self._store.database.wall()
        if webhook.attempts >= ATTEMPTS:
            return Attempt("given_up", now, status, message)
        pause = self._first_retry_seconds * _RETRY_FACTOR ** (webhook.attempts - 1)
        jitter = random.uniform(0.5, 1.0)
        return Attempt("due", now + min(pause, _LAST_RETRY_SECONDS) * jitter, status, message)

    async def _stop(self) -> None:
        sending = list(self._sending)
        for task in sending:
            task.cancel()
        if sending:
            await asyncio.wait(sending)


def _words(error: Exception) -> str:
    """What went wrong, without what a receiver chose to send."""
    if isinstance(error, NoSuchHost):
        return str(error)
    if isinstance(error, TimeoutError):
        return "The receiver did not answer in time."
    if isinstance(error, aiohttp.ClientConnectorError):
        return "The receiver could not be connected to."
    return f"The receiver did not answer properly ({type(error).__name__})."
