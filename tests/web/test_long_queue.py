"""A long queue over HTTP: each list has pages, all can be moved or cancelled at once, `kill -9` loses nothing."""

import asyncio
from pathlib import Path

from graph.jobs.records import Payload, Submission
from graph.jobs.store import JobStore
from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, eventually, hello, slow

COUNT = 2_000


async def filled(data: Path) -> list[str]:
    """A queue of many jobs behind one that runs for long, made without a server; their ids in its order."""
    async with await JobStore.open(data) as store:
        await store.submit(Submission(Payload(slow("blocks", steps=10_000)), id="blocks", number=-1))
        waiting = [Submission(Payload(hello(f"job {each}")), number=each) for each in range(COUNT)]
        return [job.id for job in await asyncio.gather(*map(store.submit, waiting))]


def listed(server: ServerProcess) -> list[str]:
    """The whole queue through the classic list, page by page."""
    found: list[str] = []
    while page := server.get(f"/queue?max_items=300&offset={len(found)}")["queue_pending"]:
        assert len(page) <= 300
        found += [item[1] for item in page]
    return found


def listed_newest_first(server: ServerProcess) -> list[str]:
    """The same through the list of the jobs interface."""
    found, cursor = [], ""
    while cursor is not None:
        page = server.get(f"/api/v2/jobs?status=queued&limit=300&cursor={cursor}")
        found += [job["id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
    return found


def test_a_long_queue_is_listed_moved_kept_and_cancelled(tmp_path: Path, own_server: OwnServer):
    ids = asyncio.run(filled(tmp_path / "data"))
    server = own_server()
    server.running("blocks")
    assert listed(server) == ids
    assert sorted(listed_newest_first(server)) == sorted(ids)
    pages = server.get("/api/jobs?status=pending&limit=100&offset=50")
    assert (len(pages["jobs"]), pages["pagination"]["total"]) == (100, COUNT)

    assert server.post("/api/v2/queue/order", {"jobs": ids[::-1]})["waiting_total"] == COUNT
    assert listed(server) == ids[::-1]
    first = server.ask("POST", "/api/v2/jobs", {"workflow": hello("hurries"), "front": True})[1]["id"]
    server.process.kill()
    server.process.wait()

    server = own_server()
    server.running("blocks")
    assert listed(server) == [first, *ids[::-1]]
    server.post("/queue", {"delete": ids[:500]})
    assert len(listed(server)) == COUNT + 1 - 500
    server.post("/queue", {"clear": True})
    assert listed(server) == []
    server.post("/interrupt", {"prompt_id": "blocks"})
    eventually(lambda: server.get("/prompt")["exec_info"]["queue_remaining"] == 0)
    assert server.get(f"/api/v2/jobs/{ids[-1]}")["status"] == "canceled"
    server.post("/history", {"clear": True})
    assert server.get("/api/v2/jobs")["jobs"] == []
