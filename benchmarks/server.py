"""What the server costs: over HTTP and websocket, server, worker and client together on this machine.

    python -m benchmarks.server [--sizes 1000 5000] [--json]

The nodes do nothing worth mentioning, as in `benchmarks/engine.py`; caches in memory and on disk are on, jobs and
events are durable. The client is one process of Python, whose time counts too.
"""

import argparse
import asyncio
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp

from benchmarks.engine import SHAPES, constant, join
from graph.application import EngineApplication
from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers, WriteBehind
from graph.context import Context
from graph.execution import Executor
from graph.node import node
from graph.registry import Registry
from graph.settings import Settings

ROOT = Path(__file__).parents[1]
START = """
import argparse, gc, sys
gc.disable()  # as `server.py` imports a command
import web.serve
gc.enable()
parser = argparse.ArgumentParser()
web.serve.configure(parser)
sys.exit(web.serve.answer(parser.parse_args(sys.argv[1:]), "benchmarks.server:create"))
"""
MIB = 2**20


@node("Show", title="Show", category="benchmark", occupies="instant", output=True)
def show(value: str, *, ctx: Context) -> None:
    """Show a string."""
    ctx.show(text=[value])


@node("Steps", title="Steps", category="benchmark", occupies="gpu")
def steps(value: str, steps: int = 50, *, ctx: Context) -> str:
    """Be busy for some steps, as a sampler is on one core."""
    for step in range(steps):
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            sum(range(1000))
        ctx.progress(step + 1, steps)
    return value


def create(data: Mapping[str, Any]) -> EngineApplication:
    """The application of the worker."""
    settings, codecs = Settings.from_data(data), Codecs()
    registry = Registry([each.__node__ for each in (constant, join, show, steps)])
    disk = DiskCache(Path(settings.data) / "cache", 10**9, codecs)
    tiers = Tiers([MemoryCache(10**9, codecs.nbytes), WriteBehind(disk)])
    return EngineApplication(registry, Executor(registry, tiers, codecs=codecs), settings.folders)


@asynccontextmanager
async def server(data: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, subprocess.Popen[str], dict[str, float]]]:
    """A server process of its own; gives a session with it as base, and how long it took to start."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", START, "--port", "0", "--data-dir", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    url = (await asyncio.to_thread(process.stdout.readline)).rpartition(" ")[2].strip()
    try:
        async with aiohttp.ClientSession(url) as session:
            async with session.get("/livez") as answer:
                assert answer.status == 200
            times = {"first answer, s": time.perf_counter() - began}
            while (await session.get("/readyz")).status != 200:
                await asyncio.sleep(0.05)
            times["worker ready, s"] = time.perf_counter() - began
            yield session, process, times
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


async def round_trip(session: aiohttp.ClientSession, graph: object) -> tuple[float, int, int]:
    """Submit a graph and listen until it is over: seconds, bytes and messages heard."""
    heard = messages = 0
    async with session.ws_connect("/ws?clientId=bench", max_msg_size=0) as socket:
        await socket.receive()
        began = time.perf_counter()
        async with session.post("/prompt", json={"prompt": graph, "client_id": "bench"}) as answer:
            told = await answer.json()
            assert answer.status == 200, told
        over = {"type": "executing", "data": {"node": None, "prompt_id": told["prompt_id"]}}
        async for message in socket:
            heard, messages = heard + len(message.data), messages + 1
            if '"node":null' in message.data and json.loads(message.data) == over:
                return time.perf_counter() - began, heard, messages
    raise AssertionError("the socket was closed")


async def shapes(session: aiohttp.ClientSession, sizes: list[int]) -> dict[str, float]:
    """Graphs of trivial nodes, for the first time and again."""
    found: dict[str, float] = {}
    for shape in ("fan", "chain"):
        for size in sizes:
            graph = json.loads(SHAPES[shape](size, f"{shape} {size} {time.time()}"))
            cold, heard, _ = await round_trip(session, graph)
            again = min([(await round_trip(session, graph))[0] for _ in range(3)])
            found[f"{shape} of {size}, cold, s"] = cold
            found[f"{shape} of {size}, again, s"] = again
            found[f"{shape} of {size}, bytes per node"] = heard / size
    return found


async def submits(session: aiohttp.ClientSession, seconds: float, clients: int = 8) -> dict[str, float]:
    """How many small graphs are accepted a second, durably, while they run as well."""
    graph = {
        "1": {"class_type": "Constant", "inputs": {"value": "x"}},
        "2": {"class_type": "Show", "inputs": {"value": ["1", 0]}},
    }
    until, took = time.perf_counter() + seconds, []

    async def client(number: int) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            async with session.post("/prompt", json={"prompt": graph, "client_id": f"c{number}"}) as answer:
                assert answer.status == 200
                await answer.read()
            took.append(time.perf_counter() - began)

    await asyncio.gather(*map(client, range(clients)))
    await drained(session)
    return {
        "submits a second": len(took) / seconds,
        "submit, p50, ms": median(took) * 1e3,
        "submit, p99, ms": p99(took) * 1e3,
    }


async def latencies(session: aiohttp.ClientSession) -> dict[str, float]:
    """How long requests take while a job keeps a core busy."""
    busy = {
        "1": {"class_type": "Constant", "inputs": {"value": f"{time.time()}"}},
        "2": {"class_type": "Steps", "inputs": {"value": ["1", 0], "steps": 100}},
        "3": {"class_type": "Show", "inputs": {"value": ["2", 0]}},
    }
    await (await session.post("/prompt", json={"prompt": busy})).read()
    took = []
    for _ in range(50):
        for path in ("/queue", "/prompt", "/history?max_items=10", "/object_info/Join"):
            began = time.perf_counter()
            await (await session.get(path)).read()
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0.01)
    await (await session.post("/interrupt", json={})).read()
    await drained(session)
    return {"request while busy, p50, ms": median(took) * 1e3, "request while busy, p99, ms": p99(took) * 1e3}


async def recovery(session: aiohttp.ClientSession, process: "subprocess.Popen[str]") -> dict[str, float]:
    """From the `kill -9` of the worker in the middle of a job to the same job running again."""
    text = f"{time.time()}"
    graph = {
        "1": {"class_type": "Constant", "inputs": {"value": text}},
        "2": {"class_type": "Steps", "inputs": {"value": ["1", 0], "steps": 60}},
        "3": {"class_type": "Show", "inputs": {"value": ["2", 0]}},
    }
    async with session.ws_connect("/ws?clientId=killer") as socket:
        await (await session.post("/prompt", json={"prompt": graph, "client_id": "killer"})).read()
        began = 0.0
        async for message in socket:
            told = json.loads(message.data)
            if told["type"] == "progress" and not began:
                began = time.perf_counter()
                os.kill(worker_of(process.pid), signal.SIGKILL)
            elif began and told["type"] == "execution_start":
                break
    took = time.perf_counter() - began
    await (await session.post("/interrupt", json={})).read()
    await drained(session)
    return {"killed worker to running again, s": took}


async def drained(session: aiohttp.ClientSession) -> None:
    """Return once nothing waits or runs."""
    while (await (await session.get("/prompt")).json())["exec_info"]["queue_remaining"]:
        await asyncio.sleep(0.05)


def worker_of(server: int) -> int:
    """The worker that has used the most time, which is the one that runs jobs."""
    children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
    for thread in Path(f"/proc/{server}/task").iterdir():
        children += [int(pid) for pid in (thread / "children").read_text().split()]
    return max(set(children), key=lambda pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]))


def resident_mib(pid: int) -> float:
    """The resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100)[98]


async def measure(sizes: list[int], seconds: float) -> dict[str, float]:
    """Everything."""
    with tempfile.TemporaryDirectory() as folder:
        async with server(Path(folder)) as (session, process, times):
            found = {**times, "server, idle, MiB": resident_mib(process.pid)}
            parts: list[Callable[[], Awaitable[dict[str, float]]]] = [
                lambda: latencies(session),
                lambda: shapes(session, sizes),
                lambda: recovery(session, process),
                lambda: submits(session, seconds),
            ]
            for part in parts:
                found |= await part()
            found["server, at the end, MiB"] = resident_mib(process.pid)
        async with server(Path(folder)) as (_, _, times):
            found |= {f"second start: {name}": value for name, value in times.items()}
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--seconds", type=float, default=5.0, help="for which jobs are submitted")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.sizes, options.seconds))
    load = os.getloadavg()[0]
    if options.json:
        print(json.dumps({**found, "load": load}))
        return
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    for name, value in found.items():
        print(f"{name:<44} {value:10.3f}")


if __name__ == "__main__":
    main()
