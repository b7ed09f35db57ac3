"""Webhooks from the submission to the receiver: the real server, the real worker, real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from graph.faults import Fault, arm
from graph.jobs.store import JobStore
from graph.jobs.webhooks import WebhookDesk
from graph.settings import Settings
from tests.graph.jobs.worlds import submission
from tests.web.serving import graph, hello
from tests.web.webhooks.receiving import Receiver, receiving
from web.api.v2.webhooks import ACCEPTABLE, SECRET_NAME
from web.application import make_application
from web.connections import Connections
from web.engine import Engine
from web.settings import ServerSettings
from web.webhooks.addresses import Resolver
from web.webhooks.hosts import AllowedHosts
from web.webhooks.posting import Poster
from web.webhooks.sending import ATTEMPTS, CLAIM_SECONDS, Sender
from web.webhooks.signing import key_of, signed

HOSTS = ("http://localhost",)


@asynccontextmanager
async def serving(data: Path, *, hosts: tuple[str, ...] = HOSTS, safe: bool = False) -> AsyncIterator[Any]:
    """A session with a server that tells `hosts`, also those inside unless it is to be `safe`."""
    settings = ServerSettings(Settings(str(data), (str(data / "m"),)).absolute(), webhooks=hosts, spare=False)
    engine = await Engine.open(settings, "tests.web.light:create")
    app = make_application(settings, engine, Connections(None))
    if not safe:
        app[ACCEPTABLE] = lambda _: True
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    engine.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            yield session
    finally:
        await runner.cleanup()
        await engine.close()


async def submit(session: Any, workflow: Mapping[str, Any], url: str, **more: Any) -> tuple[int, Any]:
    wish = {"workflow": workflow, "webhook": {"url": url}, **more}
    async with session.post("/api/v2/jobs", json=wish) as answer:
        return answer.status, await answer.json(content_type=None)


async def state_of(session: Any, job: str, *states: str) -> Any:
    async with asyncio.timeout(30):
        while True:
            async with session.get(f"/api/v2/jobs/{job}/webhook") as answer:
                found = await answer.json()
            if found["state"] in states:
                return found
            await asyncio.sleep(0.02)


async def test_the_end_of_a_job_is_told_signed(tmp_path: Path):
    async with receiving() as receiver, serving(tmp_path) as session:
        status, job = await submit(session, hello("told"), receiver.url("/a?b=c"), metadata={"order": "7"})
        assert status == 201
        heard = await receiver.hear()
        found = await state_of(session, job["id"], "delivered")
        assert (found["attempts"], found["status"], found["next_attempt_at"]) == (1, 204, None)
        async with session.get(f"/api/v2/jobs/{job['id']}") as answer:
            record = await answer.json()
    key = key_of((tmp_path / SECRET_NAME).read_text().strip())
    assert (tmp_path / SECRET_NAME).stat().st_mode & 0o077 == 0
    timestamp = int(heard.headers["Webhook-Timestamp"])
    assert heard.headers["Webhook-Id"] == found["id"]
    expected = signed(key, found["id"], timestamp, heard.body)
    assert heard.headers["Webhook-Signature"] == expected["Webhook-Signature"]
    told = json.loads(heard.body)
    assert (told["type"], told["timestamp"]) == ("job.succeeded", record["completed_at"])
    assert (told["data"]["id"], told["data"]["metadata"]) == (job["id"], {"order": "7"})
    assert [(each["node_id"], each["id"]) for each in told["data"]["outputs"]] == [("b", record["outputs"][0]["id"])]
    assert told["data"]["outputs"][0]["url"].startswith("/api/v2/assets/")


async def test_failures_are_told_without_traceback(tmp_path: Path):
    failing = graph(a=("Text", {"text": "this"}), f=("Fail", {"text": ["a", 0]}), b=("Show", {"text": ["f", 0]}))
    async with receiving() as receiver, serving(tmp_path) as session:
        await submit(session, failing, receiver.url())
        told = json.loads((await receiver.hear()).body)
    assert told["type"] == "job.failed"
    assert told["data"]["error"]["node_id"] == "f"
    assert told["data"]["error"]["traceback"] is None
    assert "this is not acceptable" in told["data"]["error"]["message"]


async def test_a_server_that_was_not_told_whom_to_tell_refuses_the_job(tmp_path: Path):
    async with receiving() as receiver, serving(tmp_path, hosts=()) as session:
        status, answer = await submit(session, hello("off"), receiver.url())
        assert (status, answer["error"]["code"]) == (422, "webhook_refused")
        assert "--webhooks" in answer["detail"]
    assert not (tmp_path / SECRET_NAME).exists()


async def test_a_host_that_was_not_allowed_refuses_the_job(tmp_path: Path):
    async with serving(tmp_path) as session:
        for url in ("http://127.0.0.1/", "https://localhost/", "http://localhost@evil.example/", "file:///etc/passwd"):
            status, answer = await submit(session, hello("refused"), url)
            assert (status, answer["error"]["code"]) == (422, "webhook_refused"), url


async def test_an_allowed_name_that_leads_inside_is_not_told(tmp_path: Path):
    async with receiving() as receiver, serving(tmp_path, safe=True) as session:
        _, job = await submit(session, hello("inside"), receiver.url())
        found = await state_of(session, job["id"], "given_up")
        assert "public internet" in found["message"]
        assert "127.0.0.1" not in found["message"]
    assert receiver.heard == []


async def test_a_job_without_webhook_has_none(tmp_path: Path):
    async with serving(tmp_path) as session:
        async with session.post("/api/v2/jobs", json={"workflow": hello("quiet")}) as answer:
            job = await answer.json()
        async with session.get(f"/api/v2/jobs/{job['id']}/webhook") as answer:
            assert answer.status == 404


class Died(BaseException):
    """Stands for the end of the process."""


class Bench:
    """A sender beside a store, without a server: jobs are cancelled to end."""

    def __init__(self, store: JobStore, receiver: Receiver) -> None:
        self.store, self.receiver, self.desk = store, receiver, WebhookDesk(store.database)

    async def submit(self) -> str:
        job = await self.store.submit(submission("x", webhook=self.receiver.url()))
        await self.store.cancel(job.id)
        return job.id

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        async def summarise(job: str) -> str:
            return json.dumps({"job": job})

        poster = Poster(Resolver(lambda _: True))
        sender = Sender(self.store, AllowedHosts(HOSTS), poster, b"key", summarise, first_retry_seconds=1e-6)
        task = asyncio.create_task(sender.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))
            await poster.close()

    async def until(self, job: str, state: str) -> Any:
        async with asyncio.timeout(30):
            while (found := await self.desk.of_job(job)) is None or found.state != state:
                await asyncio.sleep(0.01)
        return found


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with await JobStore.open(tmp_path) as store, receiving() as receiver:
        yield Bench(store, receiver)


async def test_what_was_not_heard_is_told_again_and_is_the_same(bench: Bench):
    bench.receiver.statuses = [500, 302, 404]
    async with bench.sending():
        job = await bench.submit()
        found = await bench.until(job, "delivered")
    assert (found.attempts, found.status) == (4, 204)
    assert len({(each.headers["Webhook-Id"], each.body) for each in bench.receiver.heard}) == 1


async def test_a_server_that_dies_before_it_notes_the_answer_tells_the_same_again(tmp_path: Path):
    now, died = [1_700_000_000.0], asyncio.Event()

    def die() -> None:
        died.set()
        raise Died

    async with await JobStore.open(tmp_path, wall=lambda: now[0]) as store, receiving() as receiver:
        bench = Bench(store, receiver)
        arm(Fault("webhook_after_attempt", action=die))
        async with bench.sending():
            job = await bench.submit()
            await asyncio.wait_for(died.wait(), 30)
        arm(None)
        now[0] += CLAIM_SECONDS + 1
        async with bench.sending():
            found = await bench.until(job, "delivered")
    assert found.attempts == 2
    assert len(receiver.heard) == 2
    assert len({(each.headers["Webhook-Id"], each.body) for each in receiver.heard}) == 1


async def test_a_receiver_that_is_gone_is_asked_no_more(bench: Bench):
    bench.receiver.statuses = [410]
    async with bench.sending():
        found = await bench.until(await bench.submit(), "given_up")
    assert (found.status, len(bench.receiver.heard)) == (410, 1)


async def test_in_the_end_it_is_given_up(bench: Bench):
    bench.receiver.statuses = [500] * 100
    async with bench.sending():
        found = await bench.until(await bench.submit(), "given_up")
    assert (found.attempts, found.status, len(bench.receiver.heard)) == (ATTEMPTS, 500, ATTEMPTS)


async def test_what_ended_while_nobody_sent_is_told_at_the_next_start(bench: Bench):
    jobs = [await bench.submit() for _ in range(20)]
    async with bench.sending():
        for job in jobs:
            await bench.until(job, "delivered")
    assert sorted(json.loads(each.body)["job"] for each in bench.receiver.heard) == sorted(jobs)


async def test_a_receiver_that_cannot_be_connected_to_is_tried_again(bench: Bench):
    job = (await bench.store.submit(submission("x", webhook="http://localhost:9/"))).id
    await bench.store.cancel(job)
    async with bench.sending():
        async with asyncio.timeout(30):
            while (await bench.desk.of_job(job)).message is None:
                await asyncio.sleep(0.01)
    assert "could not be connected to" in (await bench.desk.of_job(job)).message
