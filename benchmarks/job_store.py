"""How fast the job store is: durable submits, leases and ends, and the everyday work on a queue of 10,000 jobs.

    python -m benchmarks.job_store [--database postgresql://...] [--jobs 10000] [--folder DIR]

Prints one line per figure. The folder should be on the disk that would hold the data: a commit waits for that disk.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from graph.events import JobStarted, JobSucceeded, NodeFinished, NodeProgress, NodeRef, NodeStarted
from graph.jobs.records import JobFilter, Lease, Payload, Submission
from graph.jobs.store import JobStore

QUEUED = JobFilter(states=("queued",))
NODE = NodeRef(id="3")
DOCUMENT = {
    str(node): {"class_type": "KSampler", "inputs": {"seed": 2**60 + node, "cfg": 7.5, "text": "a red circle " * 20}}
    for node in range(20)
}


def job(index: int) -> Submission:
    """A job as people submit them: 20 nodes, 6 kB."""
    return Submission(Payload(DOCUMENT, extra={"client_id": "benchmark"}), owner=f"owner{index % 3}")


def log(lease: Lease) -> list[Any]:
    """What a short job says."""
    name, seq = lease.job.id, lease.job.last_seq
    return [
        JobStarted(job=name, seq=seq + 1, at=1.0, nodes=20),
        NodeStarted(job=name, seq=seq + 2, at=1.0, node=NODE, type="KSampler"),
        NodeFinished(job=name, seq=seq + 3, at=1.0, node=NODE, ui={"images": [{"filename": "x.png"}]}),
        JobSucceeded(job=name, seq=seq + 4, at=1.0, seconds=1.0),
    ]


async def lease_and_end(store: JobStore) -> None:
    """Do the next job."""
    lease = await store.desk.lease("benchmark")
    if lease is not None:
        await store.desk.finish(lease, log(lease))


async def rate(what: str, count: int, clients: int, act: Callable[[int], Awaitable[object]]) -> None:
    """Let clients act at once, each one action after the other; print actions per second and their latency."""
    latencies: list[float] = []
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            begun = time.perf_counter()
            await act(number)
            latencies.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*[client() for _ in range(clients)])
    seconds = time.perf_counter() - begun
    cuts = statistics.quantiles(latencies, n=100)
    figures = f"{count / seconds:8,.0f}/s   p50 {cuts[49] * 1000:7.2f} ms   p99 {cuts[98] * 1000:7.2f} ms"
    print(f"{what:<48} {figures}")


async def duration(what: str, action: Awaitable[Any]) -> Any:
    """Do something and print how long it took."""
    begun = time.perf_counter()
    result = await action
    print(f"{what:<48} {(time.perf_counter() - begun) * 1000:8,.1f} ms")
    return result


async def measure(folder: Path, url: str | None, jobs: int) -> None:
    """Print every figure."""
    store = await duration("open an empty store", JobStore.open(folder, url))
    await rate("durable submits, one client", 500, 1, lambda index: store.submit(job(index)))
    await rate("durable submits, 16 clients", 2000, 16, lambda index: store.submit(job(index)))
    await rate(
        f"durable submits, all at once, up to {jobs:,} queued", jobs - 2500, 2000, lambda i: store.submit(job(i))
    )
    await measure_queue(store)
    await store.close()

    store = await duration(f"open with {jobs:,} queued", JobStore.open(folder, url))
    await duration("first lease after that", store.desk.lease("benchmark"))
    await rate("lease + end with 4 events, one worker", 500, 1, lambda _: lease_and_end(store))
    await rate("lease + end with 4 events, 8 workers", 2000, 8, lambda _: lease_and_end(store))
    await measure_events(store)
    cancelled = await duration("cancel everything that waits", store.cancel_queued())
    print(f"{'':<48} ({len(cancelled):,} jobs)")
    await duration("back up", store.back_up())
    await duration("clear the history", store.clear_history())
    await store.close()


async def measure_queue(store: JobStore) -> None:
    """Figures of the everyday work on a long queue."""
    await rate("first page of 100 in order", 100, 1, lambda _: store.page(QUEUED, order="queue"))
    await rate("last page of 100 in order", 50, 1, lambda _: store.page(QUEUED, order="queue", offset=9900))
    await rate("counts", 200, 1, lambda _: store.counts())
    page = await store.page(QUEUED, order="queue", limit=10_000)
    names = [each.id for each in page.jobs]
    await rate("move one to the front", 100, 1, lambda index: store.move_to_front(names[-index - 1]))
    await rate("reorder 20", 100, 1, lambda index: store.reorder(names[index : index + 20][::-1]))
    await duration("reorder all", store.reorder(names[::-1]))


async def measure_events(store: JobStore) -> None:
    """Figures of the log of a job."""
    lease = await store.desk.lease("benchmark")
    if lease is None:
        raise RuntimeError("The queue is empty: measure with more jobs.")

    async def append(index: int) -> None:
        event = NodeProgress(job=lease.job.id, seq=index + 1, at=1.0, node=NODE, value=index, maximum=1000)
        await store.desk.append(lease, [event])

    await rate("append one event", 500, 1, append)
    events = [
        NodeProgress(job=lease.job.id, seq=seq, at=1.0, node=NODE, value=seq, maximum=9999)
        for seq in range(501, 10_501)
    ]
    await duration("append 10,000 events at once", store.desk.append(lease, events))
    begun = time.perf_counter()
    await store.desk.release(lease)
    await store.cancel(lease.job.id)
    count = sum([1 async for _ in store.follow(lease.job.id)])
    print(f"{'follow a log of ' + format(count, ','):<48} {count / (time.perf_counter() - begun):8,.0f} events/s")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--database", help="a PostgreSQL URL; its tables should be empty")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where to make a temporary data folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(Path(folder), options.database, options.jobs))


if __name__ == "__main__":
    main()
