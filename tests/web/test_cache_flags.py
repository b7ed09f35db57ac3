"""`--cache-none`, `--cache-lru N` and `--cache-classic` do what people know them to do from ComfyUI."""

from typing import Any

import pytest

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, graph


def chain(text: str, end: str = "!") -> dict[str, Any]:
    """Five nodes, the last of which shows something."""
    return graph(
        a=("Text", {"text": text}),
        b=("Text", {"text": end}),
        s=("Steps", {"text": ["a", 0], "steps": 1, "seconds": 0.0}),
        j=("Join", {"first": ["s", 0], "second": ["b", 0]}),
        o=("Show", {"text": ["j", 0]}),
    )


def executed(server: ServerProcess, prompt: dict[str, Any]) -> set[str]:
    """The nodes that a run of a graph really runs."""
    job = server.post("/prompt", {"prompt": prompt})["prompt_id"]
    entry = server.finished(job)
    assert entry["status"]["completed"]
    cached = [told["nodes"] for kind, told in entry["status"]["messages"] if kind == "execution_cached"]
    return set(prompt) - set(cached[-1])


ALL = {"a", "b", "s", "j", "o"}


@pytest.mark.parametrize("flags", [("--cache-classic",), ("--cache-lru", "20"), ()])
def test_the_same_graph_runs_nothing_and_a_changed_input_only_what_follows(
    own_server: OwnServer, flags: tuple[str, ...]
) -> None:
    server = own_server(*flags)
    assert executed(server, chain("one")) == ALL
    assert executed(server, chain("one")) == set()
    assert executed(server, chain("one", "?")) == {"b", "j", "o"}


def test_without_a_cache_everything_runs_every_time(own_server: OwnServer) -> None:
    server = own_server("--cache-none")
    assert [executed(server, chain("one")) for _ in range(2)] == [ALL, ALL]


def test_the_classic_cache_keeps_the_latest_graph_only(own_server: OwnServer) -> None:
    server = own_server("--cache-classic")
    executed(server, chain("one"))
    executed(server, chain("one"))  # everything is found: what that hides is kept all the same
    assert executed(server, chain("one", "?")) == {"b", "j", "o"}
    executed(server, chain("two"))
    assert executed(server, chain("one")) == ALL - {"b"}  # of the graph between, only this is the same


def test_the_lru_cache_keeps_as_many_results_as_it_is_told(own_server: OwnServer) -> None:
    roomy = own_server("--cache-lru", "15")
    for text in ("one", "two"):
        executed(roomy, chain(text, f"{text}!"))
    assert executed(roomy, chain("one", "one!")) == set()
    assert roomy.stop() == 0
    narrow = own_server("--cache-lru", "5")
    for text in ("one", "two", "three"):  # room is made when a graph begins
        executed(narrow, chain(text, f"{text}!"))
    assert executed(narrow, chain("one", "one!")) == ALL


@pytest.mark.parametrize(("flags", "again"), [(("--cache-classic",), ALL), (("--cache-lru", "20"), ALL), ((), set())])
def test_these_caches_end_with_the_server_and_ours_does_not(
    own_server: OwnServer, flags: tuple[str, ...], again: set[str]
) -> None:
    server = own_server(*flags)
    executed(server, chain("one"))
    assert server.stop() == 0
    server = own_server(*flags)
    assert executed(server, chain("one")) == again
    assert (server.data / "cache" / "v1").exists() == (not flags)


def test_memory_is_given_back_on_request_in_every_mode(own_server: OwnServer) -> None:
    server = own_server("--cache-classic")
    executed(server, chain("one"))
    server.post("/free", {"free_memory": True})
    assert executed(server, chain("one")) == ALL
