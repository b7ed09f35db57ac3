"""Running nodes again though their results are known, and what events tell of the size of results."""

from graph.events import NodeFinished, NodesCached, NodeStarted
from tests.graph.execution.bench import Bench, short

SUM = {
    "1": short("Number", value=1),
    "2": short("Number", value=2),
    "3": short("Add", a=["1", 0], b=["2", 0]),
    "4": short("Show", value=["3", 0]),
}


def test_what_was_found_tells_how_large_it_is() -> None:
    bench = Bench()
    bench.succeed(SUM)
    run = bench.succeed({**SUM, "4": short("ShowAll", value=["3", 0])})
    assert run.of(NodesCached)[0].shapes == {"3": ("3",)}


def test_what_was_asked_to_run_again_runs_with_what_follows_and_nothing_else() -> None:
    bench = Bench()
    bench.succeed(SUM)
    run = bench.succeed(SUM, rerun=["3"])
    assert run.executed == ("3", "4")
    assert run.shown == {"4": ["3"]}
    assert {event.node.id: event.reason for event in run.of(NodeStarted)} == {
        "3": "it was asked to run again",
        "4": "what feeds it was asked to run again",
    }
    assert bench.succeed(SUM).executed == ()


def test_a_subgraphs_node_stands_for_all_that_is_inside() -> None:
    bench = Bench()
    graph = {
        "7:1": short("Number", value=1),
        "7:2": short("Add", a=["7:1", 0], b=2),
        "71": short("Number", value=3),
        "8": short("Add", a=["7:2", 0], b=["71", 0]),
        "9": short("Show", value=["8", 0]),
    }
    bench.succeed(graph)
    assert set(bench.succeed(graph, rerun=["7"]).executed) == {"7:1", "7:2", "8", "9"}


def test_a_node_that_ran_tells_how_much_memory_its_result_takes() -> None:
    told = {event.node.id: event.nbytes for event in Bench().succeed(SUM).of(NodeFinished)}
    assert all(nbytes is not None and nbytes > 0 for nbytes in told.values())


def test_only_whole_parts_of_an_id_name_what_is_inside() -> None:
    bench = Bench()
    graph = {"7:1:2": short("Number", value=1), "7:11": short("Number", value=2)}
    graph |= {"8": short("Add", a=["7:1:2", 0], b=["7:11", 0]), "9": short("Show", value=["8", 0])}
    bench.succeed(graph)
    assert set(bench.succeed(graph, rerun=["7:1"]).executed) == {"7:1:2", "8", "9"}
