from pathlib import Path

import pytest

from graph.jobs.records import Payload, Submission
from graph.jobs.store import JobStore
from graph.library.assets import Asset, AssetRecords
from graph.library.errors import AssetInUse, UnknownAsset

FILENAME = "assets/0123.png"


@pytest.fixture
async def store(tmp_path: Path):
    async with await JobStore.open(tmp_path) as opened:
        yield opened


def asset(id: str, file_path: str = "photo.png") -> Asset:
    return Asset(id, "d1", 7, "image/png", file_path, FILENAME, 1.0)


async def test_the_same_content_under_the_same_name_is_one_asset(store):
    records = AssetRecords(store.database)
    assert await records.add(asset("a")) == (asset("a"), True)
    assert await records.add(asset("b")) == (asset("a"), False)
    assert await records.add(asset("c", "other.png")) == (asset("c", "other.png"), True)
    assert (await records.with_digest("d1")) in (asset("a"), asset("c", "other.png"))
    assert await records.with_digest("d2") is None


async def test_a_file_goes_with_the_last_asset_that_refers_to_it(store):
    records = AssetRecords(store.database)
    await records.add(asset("a"))
    await records.add(asset("c", "other.png"))
    assert await records.delete("a") is None
    assert await records.delete("c") == asset("c", "other.png")
    with pytest.raises(UnknownAsset):
        await records.find("c")


async def test_an_asset_that_a_waiting_job_needs_stays(store):
    records = AssetRecords(store.database)
    await records.add(asset("a"))
    document = {"1": {"class_type": "LoadImage", "inputs": {"image": FILENAME}}}
    job = await store.submit(Submission(Payload(document)))
    with pytest.raises(AssetInUse):
        await records.delete("a")
    await store.cancel(job.id)
    assert await records.delete("a") == asset("a")
