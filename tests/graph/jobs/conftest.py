"""Every test of the store runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from graph.jobs.store import JobStore, StoreSettings
from tests.graph.jobs.postgres_cluster import Cluster, find_binaries
from tests.graph.jobs.worlds import Time

OpenStore = Callable[..., Awaitable[JobStore]]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    cluster = Cluster(binaries)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the tables of this test are: None is a file in the data folder."""
    return None if request.param == "sqlite" else request.getfixturevalue("cluster").new_url()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def open_store(tmp_path: Path, url: str | None, time: Time) -> AsyncIterator[OpenStore]:
    """Opens the store of this test, again and again if need be; closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_it(settings: StoreSettings | None = None, folder: Path = tmp_path / "data") -> JobStore:
            store = await JobStore.open(folder, url, settings, wall=time.wall, clock=time.clock)
            stack.push_async_callback(store.close)
            return store

        yield open_it


@pytest.fixture
async def store(open_store: OpenStore) -> JobStore:
    return await open_store()
