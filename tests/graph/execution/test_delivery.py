"""Where results come from and where they go: files named by links, nodes that do the same, expansions found again."""

import threading
from typing import Any

from graph.errors import FolderError
from graph.events import NodeFinished, NodeSkipped, NodeStarted
from graph.fingerprint import Surroundings
from graph.node import Node, node
from graph.spec import InputSpec, NodeSpec, OutputSpec
from graph.topology import Graph, GraphNode
from graph.values import Blocker, Expansion
from tests.graph.execution.bench import Bench, short

OUTPUT = (OutputSpec(name="o", type="*"),)


def reader(contents: dict[str, str], runs: list[str]) -> Node:
    """A node that reads a file by name."""
    spec = NodeSpec(
        id="Read", title="Read", category="test", occupies="io", outputs=OUTPUT,
        inputs=(InputSpec(name="file", type="COMBO", files="input", extra_choices=("none",)),),
    )  # fmt: skip

    def read(file: str) -> str:
        runs.append(file)
        return contents.get(file, "")

    return Node(spec, read)


def word(text: str) -> dict[str, Any]:
    return {"1": short("Upper", text=text), "2": short("Read", file=["1", 0]), "3": short("Show", value=["2", 0])}


def reading_bench(contents: dict[str, str], runs: list[str]) -> Bench:
    def digest(folder: str, name: str) -> str:
        if name not in contents:
            raise FolderError(f"{name} is not there.")
        return contents[name]

    return Bench(reader(contents, runs), surroundings=Surroundings(digest))


def test_a_file_whose_name_comes_by_a_link_counts_by_its_content() -> None:
    contents, runs = {"A": "one"}, []  # type: ignore[var-annotated]  # a list of names, filled by the node
    bench = reading_bench(contents, runs)
    assert bench.succeed(word("a")).shown == {"3": ["one"]}
    again = bench.succeed(word("a"))
    assert (again.executed, again.shown) == ((), {"3": ["one"]})
    contents["A"] = "two"
    assert bench.succeed(word("a")).shown == {"3": ["two"]}
    assert runs == ["A", "A"]


def test_a_file_that_cannot_be_read_or_is_none_at_all_is_left_to_the_node() -> None:
    runs: list[str] = []
    bench = reading_bench({}, runs)
    bench.succeed(word("missing"))
    bench.succeed(word("missing"))
    assert runs == ["MISSING", "MISSING"]


def test_without_files_at_hand_such_nodes_run_each_time() -> None:
    runs: list[str] = []
    bench = Bench(reader({}, runs))
    bench.succeed(word("a"))
    bench.succeed(word("a"))
    assert runs == ["A", "A"]


def test_nodes_that_turn_out_to_do_the_same_at_the_same_time_run_once() -> None:
    runs: list[int] = []
    both_are_ready = threading.Event()

    def slow(value: int) -> int:
        both_are_ready.wait(0.05)
        runs.append(value)
        return value

    spec = NodeSpec(
        id="Slow", title="Slow", category="test", inputs=(InputSpec(name="value", type="INT"),), outputs=OUTPUT
    )
    run = Bench(Node(spec, slow)).succeed({
        "1": short("Add", a=1, b=3), "2": short("Add", a=2, b=2),
        "3": short("Slow", value=["1", 0]), "4": short("Slow", value=["2", 0]),
        "5": short("Add", a=["3", 0], b=["4", 0]), "6": short("Show", value=["5", 0]),
    })  # fmt: skip
    assert runs == [4]
    assert run.shown == {"6": ["8"]}
    assert len([event for event in run.of(NodeFinished) if event.cached]) == 1


def test_twins_of_a_skipped_node_are_skipped_too() -> None:
    @node("Block", title="Block", category="test", occupies="instant")
    def block(value: int) -> int:
        """Block."""
        return Blocker()  # type: ignore[return-value]  # blockers may stand anywhere

    run = Bench(block).succeed({
        "1": short("Block", value=1), "2": short("Add", a=["1", 0], b=1), "3": short("Add", a=["1", 0], b=1),
        "4": short("Show", value=["2", 0]), "5": short("Show", value=["3", 0]),
    })  # fmt: skip
    assert sorted(event.node.id for event in run.of(NodeSkipped)) == ["2", "3", "4", "5"]


def test_a_raw_link_to_a_value_that_changed_reruns_the_node() -> None:
    spec = NodeSpec(
        id="Raw", title="Raw", category="test", occupies="instant", outputs=OUTPUT,
        inputs=(InputSpec(name="x", type="*", raw_link=True),),
    )  # fmt: skip
    bench = Bench(Node(spec, lambda x: str(x)))
    for value in (1, 2):
        prompt = {"1": short("Number", value=value), "2": short("Raw", x=["1", 0]), "3": short("Show", value=["2", 0])}
        run = bench.succeed(prompt)
        assert "2" in run.executed
    assert "3" not in run.executed


def test_expansions_inside_expansions_are_found_with_all_that_they_show() -> None:
    @node("Inner", title="Inner", category="test", occupies="instant")
    def inner(value: int) -> int:
        """Show a number inside."""
        graph = {"show": short("Show", value=f"inside {value}"), "n": short("Number", value=value)}
        return Expansion(graph, (["n", 0],))  # type: ignore[return-value]

    @node("Outer", title="Outer", category="test", occupies="instant")
    def outer(value: int, more: int) -> int:
        """Expand into a node that expands."""
        graph = {"in": short("Inner", value=value), "sum": short("Add", a=["in", 0], b=more)}
        return Expansion(graph, (["sum", 0],))  # type: ignore[return-value]

    bench = Bench(inner, outer)

    def prompt(more: int) -> dict[str, Any]:
        return {"1": short("Outer", value=4, more=more), "2": short("Show", value=["1", 0])}

    shown = {"1.0.in.0.show": ["inside 4"]}
    assert bench.succeed(prompt(1)).shown == {**shown, "2": ["5"]}
    # The outer node runs anew; inside it the inner one is found, with what it shows.
    second = bench.succeed(prompt(2))
    assert "1.0.in" not in second.executed
    assert second.shown == {**shown, "2": ["6"]}
    # Now all of the outer node is found, with what the innermost node shows.
    third = bench.succeed({**prompt(2), "2": short("Show", value=["3", 0]), "3": short("Add", a=["1", 0], b=1)})
    assert third.executed == ("3", "2")
    assert third.shown == {**shown, "2": ["7"]}
    found = next(event for event in third.of(NodeFinished) if event.node.id == "1.0.in.0.show")
    assert (found.cached, found.node.display) == (True, "1")


def test_a_node_type_that_this_worker_does_not_have_is_a_failure_of_its_node() -> None:
    spec = NodeSpec(id="Elsewhere", title="Elsewhere", category="test", is_output=True)
    graph = Graph({"1": GraphNode("1", spec, {}, {})}, ("1",))
    failure = Bench().run(graph).outcome.failure
    assert failure is not None
    assert failure.node is not None
    assert (failure.node.id, failure.type) == ("1", "Elsewhere")


def test_lazy_branches_explain_themselves_too() -> None:
    spec = NodeSpec(
        id="Want", title="Want", category="test", outputs=OUTPUT, inputs=(InputSpec(name="a", type="*", lazy=True),)
    )
    bench = Bench(Node(spec, lambda a: a, needs=lambda a: "a"))

    def prompt(value: int) -> dict[str, Any]:
        return {"1": short("Number", value=value), "2": short("Want", a=["1", 0]), "3": short("Show", value=["2", 0])}

    bench.succeed(prompt(1))
    run = bench.succeed(prompt(2))
    assert {event.reason for event in run.of(NodeStarted)} == {'input "value" of node 1 "Number" changed'}
