"""The memory tier: bounded in bytes, keeping what is costly to recompute per byte."""

from hypothesis import given
from hypothesis import strategies as st

from graph.cache.entry import Entry
from graph.cache.memory import MemoryCache


def sized(value: object) -> int:
    """Each value says itself how large it is: the sum of the numbers in the first slot."""
    return sum(value[0]) if isinstance(value, tuple) and value and isinstance(value[0], tuple) else 0


def entry(nbytes: int, seconds: float) -> Entry:
    return Entry(((nbytes,),), seconds=seconds)


def test_what_is_cheap_per_byte_is_evicted_first() -> None:
    cache = MemoryCache(10_000, sized)
    cache.put("text encoding", entry(1000, 2.0))
    cache.put("preview", entry(6000, 0.01))
    cache.put("next", entry(5000, 1.0))
    assert cache.get("preview") is None
    assert cache.get("text encoding") is not None
    assert cache.get("next") is not None


def test_costly_entries_that_nobody_uses_are_evicted_in_the_end() -> None:
    cache = MemoryCache(10_000, sized)
    cache.put("old", entry(1000, 1.0))
    for index in range(100):
        cache.put(f"new {index}", entry(1000, 0.5))
    assert cache.get("old") is None


def test_a_use_renews_an_entry() -> None:
    cache = MemoryCache(10_000, sized)
    cache.put("used", entry(1000, 1.0))
    for index in range(100):
        cache.put(f"new {index}", entry(1000, 0.5))
        assert cache.get("used") is not None


def test_keys_of_one_entry_share_its_place() -> None:
    cache = MemoryCache(10_000, sized)
    shared = entry(5000, 1.0)
    cache.put("a", shared, "content")
    cache.put("b", shared, "content")
    assert len(cache) == 1
    assert cache.get("a") is cache.get("b") is cache.get("content") is shared


def test_entries_without_keys_take_no_room() -> None:
    cache = MemoryCache(10_000, sized)
    for _ in range(1000):
        cache.put("same", entry(3000, 1.0))
    assert len(cache) == 1
    assert cache.nbytes < 10_000


def test_keys_that_lead_to_one_entry_do_not_grow_without_end() -> None:
    cache = MemoryCache(10_000, sized)
    shared = entry(100, 1.0)
    for index in range(1000):
        cache.put(f"key {index}", shared, "content")
    assert sum(cache.get(f"key {index}") is not None for index in range(1000)) < 10
    assert cache.get("key 999") is shared


def test_clearing_forgets_everything() -> None:
    cache = MemoryCache(10_000, sized)
    cache.put("a", entry(100, 1.0))
    cache.clear()
    assert cache.get("a") is None
    assert cache.nbytes == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000), st.floats(0, 10), st.booleans())))
def test_the_budget_holds_whatever_is_put_and_the_books_are_right(steps: list[tuple[int, int, float, bool]]) -> None:
    cache = MemoryCache(10_000, sized)
    for key, nbytes, seconds, is_aliased in steps:
        cache.put(f"key {key}", entry(nbytes, seconds), f"alias {key % 3}" if is_aliased else None)
        cache.get(f"key {(key + 1) % 10}")
        assert 0 <= cache.nbytes <= 10_000
        assert cache.get(f"key {key}") is not None or cache.nbytes + nbytes > 5000
    kept = {id(found): found for key in range(10) for found in [cache.get(f"key {key}")] if found}
    kept |= {id(found): found for key in range(3) for found in [cache.get(f"alias {key}")] if found}
    assert len(cache) == len(kept)
