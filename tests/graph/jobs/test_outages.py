"""A PostgreSQL server that goes away and comes back."""

import asyncio
from pathlib import Path

from graph.jobs.store import JobStore
from tests.graph.jobs.postgres_cluster import Cluster, find_binaries
from tests.graph.jobs.worlds import run_order, submission, taken, whole_log


async def test_a_restart_of_the_database_is_waited_for(tmp_path: Path, cluster: Cluster):
    binaries = find_binaries()
    assert binaries is not None
    own = Cluster(binaries)  # others need theirs
    own.start()
    try:
        async with await JobStore.open(tmp_path, own.new_url()) as store:
            first = (await store.submit(submission("before"))).id
            lease = await taken(store)
            restarting = asyncio.create_task(asyncio.to_thread(own.restart))
            during = [(await store.submit(submission(str(index)))).id for index in range(20)]
            await restarting
            await store.desk.finish(lease, whole_log(lease))
            assert await run_order(store) == during
            done = await store.get(first)
            assert done is not None
            assert done.state == "succeeded"
    finally:
        own.stop()
