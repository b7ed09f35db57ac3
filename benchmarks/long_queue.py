"""A queue of 10,000 jobs over HTTP: filled, listed, reordered, cut short, found again after `kill -9`.

    python -m benchmarks.long_queue [--jobs 10000] [--json]

While the queue is worked on, another client asks small questions all the time: nobody's request may keep others
waiting. Wanted: no request above 250 ms at the 99th percentile, and a job running within 3 s of the restart.
"""

import argparse
import asyncio
import json
import os
import platform
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp

from benchmarks.server import server

CLIENTS = 16
_QUEUE = "/api/v2/queue"
_SMALL = ("/prompt", "/api/v2/queue?limit=20", "/history?max_items=5")
BLOCKING = {
    "1": {"class_type": "Constant", "inputs": {"value": "blocks"}},
    "2": {"class_type": "Steps", "inputs": {"value": ["1", 0], "steps": 100_000}},
    "3": {"class_type": "Show", "inputs": {"value": ["2", 0]}},
}


def graph(number: int) -> dict[str, Any]:
    """A small graph of its own."""
    return {
        "1": {"class_type": "Constant", "inputs": {"value": f"job {number} " + "a red circle " * 20}},
        "2": {"class_type": "Show", "inputs": {"value": ["1", 0]}},
    }


class Stopwatch:
    """Asks a server and keeps how long each kind of request took."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.took: dict[str, list[float]] = defaultdict(list)

    async def ask(self, what: str, method: str, path: str, body: object = None) -> Any:
        """The answer, as JSON if it is that."""
        began = time.perf_counter()
        async with self._session.request(method, path, json=body) as answer:
            data = await answer.read()
            assert answer.status < 300, (answer.status, data[:300])
        self.took[what].append(time.perf_counter() - began)
        return json.loads(data) if data else None

    @asynccontextmanager
    async def probing(self, what: str) -> AsyncIterator[None]:
        """While inside, small questions are asked all the time."""

        async def probe() -> None:
            while True:
                for path in _SMALL:
                    await self.ask(what, "GET", path)
                    await asyncio.sleep(0.01)

        task = asyncio.create_task(probe())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))


async def fill(watch: Stopwatch, jobs: int) -> list[str]:
    """Queue the jobs, some clients at once; the ids in the order of the queue."""
    numbers: Iterable[int] = iter(range(jobs))
    ids: list[str] = []

    async def client(number: int) -> None:
        for each in numbers:
            wish = {"workflow": graph(each), "client_id": f"client {number}", "number": each}
            ids.append((await watch.ask("submit", "POST", "/api/v2/jobs", wish))["id"])

    await asyncio.gather(*map(client, range(CLIENTS)))
    return ids


async def page_through(watch: Stopwatch, jobs: int) -> None:
    """Read all of it, page by page, through every list there is."""
    for offset in range(0, jobs, 200):
        await watch.ask("page of /queue", "GET", f"/queue?max_items=200&offset={offset}")
        await watch.ask("page of /api/jobs", "GET", f"/api/jobs?status=pending&limit=200&offset={offset}")
    cursor, seen = "", 0
    while cursor is not None:
        page = await watch.ask("page of /api/v2/jobs", "GET", f"/api/v2/jobs?status=queued&limit=200&cursor={cursor}")
        seen, cursor = seen + len(page["jobs"]), page["next_cursor"]
    assert seen == jobs, (seen, jobs)


async def reorder(watch: Stopwatch, ids: list[str]) -> None:
    """Move some, then all."""
    for start in range(0, 400, 20):
        await watch.ask("reorder 20", "POST", f"{_QUEUE}/order", {"jobs": ids[start : start + 20][::-1]})
    for _ in range(4):
        ids.reverse()
        await watch.ask("reorder all", "POST", f"{_QUEUE}/order", {"jobs": ids})
    for job in ids[-20:]:
        await watch.ask("cancel one", "POST", f"/api/v2/jobs/{job}/cancel")


async def first_running(session: aiohttp.ClientSession) -> None:
    """Return once a job was begun."""
    while not (await (await session.get("/api/v2/queue?limit=1")).json())["running"]:
        await asyncio.sleep(0.02)


async def measure(jobs: int) -> dict[str, float]:
    """Everything, in seconds."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with server(Path(folder)) as (session, process, _):
            watch = Stopwatch(session)
            await watch.ask("submit", "POST", "/api/v2/jobs", {"workflow": BLOCKING, "number": -1})
            began = time.perf_counter()
            async with watch.probing("others, while it fills"):
                ids = await fill(watch, jobs)
            found["filled, s"] = time.perf_counter() - began
            async with watch.probing("others, while it is listed"):
                await page_through(watch, jobs)
            async with watch.probing("others, while it is reordered"):
                await reorder(watch, ids)
            found |= _figures(watch)
            process.send_signal(signal.SIGKILL)
            process.wait()
        began = time.perf_counter()
        async with server(Path(folder)) as (session, _, times):
            await first_running(session)
            found["restart to a job running, s"] = time.perf_counter() - began
            found["restart to first answer, s"] = times["first answer, s"]
            watch = Stopwatch(session)
            async with watch.probing("others, while all are cancelled"):
                await watch.ask("cancel all", "POST", "/queue", {"clear": True})
                await asyncio.sleep(0.5)
            waiting = (await watch.ask("after", "GET", _QUEUE))["waiting_total"]
            assert waiting == 0, waiting
            await watch.ask("after", "POST", "/interrupt", {})
            async with watch.probing("others, while the history is cleared"):
                await watch.ask("clear the history", "POST", "/history", {"clear": True})
            watch.took.pop("after")
            found |= _figures(watch)
    return found


def _figures(watch: Stopwatch) -> dict[str, float]:
    found = {}
    for what, took in watch.took.items():
        many = len(took) > 1
        found[f"{what}, p50, ms"] = median(took) * 1e3
        found[f"{what}, p99, ms"] = (quantiles(took, n=100, method="inclusive")[98] if many else took[0]) * 1e3
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.jobs))
    load = os.getloadavg()[0]
    if options.json:
        print(json.dumps({**found, "load": load}))
        return
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    for name, value in found.items():
        print(f"{name:<52} {value:10.2f}")


if __name__ == "__main__":
    main()
