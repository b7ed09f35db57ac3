"""What every tier of a cache promises, whichever it is."""

from pathlib import Path

import pytest

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import CacheTier, Entry
from graph.cache.graphs import GraphCache
from graph.cache.memory import MemoryCache
from graph.cache.tiers import WriteBehind
from graph.values import Blocker

KEY, OTHER = "ab" * 32, "cd" * 32
ENTRY = Entry(
    outputs=((1, "two", 3.5, None, True), ([b"x" * 100_000, (1, 2)],), ({"k": Blocker("no"), 5: []},)),
    ui={"images": [{"filename": "a.png"}]},
    seconds=1.5,
    digests=("d1", None, "d3"),
    inner=(("1.0.a", {"text": ["x"]}),),
)


@pytest.fixture(params=["memory", "graphs", "disk", "behind"])
def tier(request: pytest.FixtureRequest, tmp_path: Path) -> CacheTier:
    codecs = Codecs()
    if request.param == "memory":
        return MemoryCache(2**24, codecs.nbytes)
    if request.param == "graphs":
        return GraphCache()
    disk = DiskCache(tmp_path, 2**24, codecs)
    return disk if request.param == "disk" else WriteBehind(disk)


def test_what_was_put_is_found_again(tier: CacheTier) -> None:
    tier.put(KEY, ENTRY)
    assert tier.get(KEY) == ENTRY
    tier.flush()
    assert tier.get(KEY) == ENTRY


def test_nothing_is_found_under_other_keys(tier: CacheTier) -> None:
    tier.put(KEY, ENTRY)
    assert tier.get(OTHER) is None


def test_an_alias_leads_to_the_same_entry(tier: CacheTier) -> None:
    tier.put(KEY, ENTRY, OTHER)
    tier.flush()
    assert tier.get(OTHER) == ENTRY


def test_a_newer_entry_takes_the_place_of_an_older_one(tier: CacheTier) -> None:
    tier.put(KEY, ENTRY)
    newer = Entry(((7,),))
    tier.put(KEY, newer)
    tier.flush()
    assert tier.get(KEY) == newer


def test_types_of_numbers_survive(tier: CacheTier) -> None:
    tier.put(KEY, Entry(((1, 1.0, True, -0.0),)))
    tier.flush()
    found = tier.get(KEY)
    assert found is not None
    assert [repr(each) for each in found.outputs[0]] == ["1", "1.0", "True", "-0.0"]


def test_texts_of_any_kind_survive(tier: CacheTier) -> None:
    entry = Entry((("ä\0\n\"'\\ \ud800 🙂",),))
    tier.put(KEY, entry)
    tier.flush()
    assert tier.get(KEY) == entry


def test_an_entry_larger_than_the_budget_is_not_kept(tmp_path: Path) -> None:
    codecs = Codecs()
    for small in (MemoryCache(5000, codecs.nbytes), DiskCache(tmp_path, 5000, codecs)):
        small.put(KEY, ENTRY)
        assert small.get(KEY) is None


def test_what_a_job_could_use_is_still_there_when_it_begins(tier: CacheTier) -> None:
    tier.put(KEY, ENTRY)
    tier.begin([KEY])
    assert tier.get(KEY) == ENTRY
