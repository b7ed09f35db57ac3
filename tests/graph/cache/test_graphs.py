"""The cache that knows graphs: nothing of the latest goes, earlier ones go first."""

from hypothesis import given
from hypothesis import strategies as st

from graph.cache.entry import Entry
from graph.cache.graphs import GraphCache


def entry(number: int) -> Entry:
    return Entry(((number,),))


def run(cache: GraphCache, *keys: str) -> list[str]:
    """Do what a job does; returns the keys that had to be computed."""
    cache.begin(keys)
    missing = [key for key in keys if cache.get(key) is None]
    for key in missing:
        cache.put(key, entry(hash(key)))
    return missing


def test_without_a_count_only_the_latest_graph_is_kept() -> None:
    cache = GraphCache()
    assert run(cache, "a", "b", "c") == ["a", "b", "c"]
    assert run(cache, "a", "b", "d") == ["d"]
    assert run(cache, "a", "b", "c") == ["c"]
    assert run(cache, "x") == ["x"]
    assert run(cache, "a", "b", "c") == ["a", "b", "c"]


def test_with_a_count_earlier_graphs_are_kept_as_long_as_there_is_room() -> None:
    cache = GraphCache(4)
    run(cache, "a", "b")
    run(cache, "c", "d")
    assert run(cache, "a", "b") == []
    run(cache, "e")  # five results: the graph that was run longest ago has to give when the next begins
    assert run(cache, "a", "b") == []
    assert run(cache, "c") == ["c"]


def test_a_graph_larger_than_the_count_is_kept_whole() -> None:
    cache = GraphCache(2)
    keys = [f"{number}" for number in range(10)]
    run(cache, *keys)
    assert run(cache, *keys) == []


def test_what_a_result_hides_is_kept_with_it() -> None:
    cache = GraphCache()
    run(cache, "feeds", "ends")
    cache.begin(["feeds", "ends"])
    assert cache.get("ends") is not None  # the planner asks no further
    cache.begin(["feeds", "other end"])
    assert cache.get("feeds") is not None


def test_an_alias_is_kept_and_given_up_with_its_result() -> None:
    cache = GraphCache()
    cache.begin(["a"])
    cache.put("a", entry(1), "content")
    assert len(cache) == 1
    cache.begin(["a"])
    assert cache.get("content") == entry(1)
    cache.begin(["b"])
    assert (cache.get("a"), cache.get("content"), len(cache)) == (None, None, 0)


@given(st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1)), st.integers(0, 9))
def test_the_latest_graph_is_always_there_and_the_rest_within_the_count(graphs: list[set[str]], count: int) -> None:
    cache = GraphCache(count)
    for keys in graphs:
        run(cache, *sorted(keys))
        cache.begin(sorted(keys))
        assert all(cache.get(key) is not None for key in keys)
        assert len(cache) <= max(count, len(keys))
