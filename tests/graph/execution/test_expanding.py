"""Nodes that stand for graphs: results by link, loops by recursion, mixes in lists, circles."""

import asyncio
import time
from typing import Annotated, Any

import pytest

from graph.context import Context
from graph.datatypes import AnyValue, Socket
from graph.events import NodeFinished, NodeStarted
from graph.node import node
from graph.values import AsList, Blocker, Expansion
from tests.graph.execution.bench import Bench, short


@node("Twice", title="Twice", category="test", occupies="instant")
def twice(value: int) -> int | Expansion:
    """Add a number to itself, by a graph of its own."""
    return Expansion({"sum": short("Add", a=value, b=value)}, (["sum", 0],))


@node("CountDown", title="Count down", category="test", occupies="instant")
def count_down(n: int, total: int) -> int | Expansion:
    """Add up n, n - 1, … 1: a loop by recursion."""
    if n == 0:
        return total
    graph = {
        "less": short("Add", a=n, b=-1),
        "more": short("Add", a=n, b=total),
        "again": short("CountDown", n=["less", 0], total=["more", 0]),
    }
    return Expansion(graph, (["again", 0],))


@node("Mixed", title="Mixed", category="test", occupies="instant")
def mixed(text: str) -> str:
    """Expand, answer with a dict, or with a value, or block: as the text says."""
    if text == "expand":
        return Expansion({"a": short("Upper", text=text)}, (["a", 0],))  # type: ignore[return-value]
    if text == "dict":
        return {"result": ("from dict",)}  # type: ignore[return-value]
    if text == "list":
        return Expansion({"a": short("Items", text="x y")}, (["a", 0],))  # type: ignore[return-value]
    return Blocker() if text == "block" else text  # type: ignore[return-value]


def run_one(bench: Bench, class_type: str, **inputs: Any) -> Any:
    return bench.succeed({"1": short(class_type, **inputs), "2": short("ShowAll", value=["1", 0])})


def test_what_a_node_expands_into_runs_again_with_it() -> None:
    bench = Bench(twice)
    graph = {"1": short("Twice", value=4), "2": short("Show", value=["1", 0])}
    first = bench.succeed(graph).executed
    assert bench.succeed(graph).executed == ()
    assert bench.succeed(graph, rerun=["1"]).executed == first


def test_the_result_of_an_expansion_is_what_its_links_lead_to() -> None:
    run = run_one(Bench(twice), "Twice", value=4)
    assert run.shown == {"2": ["[8]"]}
    assert run.executed == ("1.0.sum", "1", "2")


def test_events_of_new_nodes_say_which_node_of_the_document_shows_them() -> None:
    run = run_one(Bench(twice), "Twice", value=4)
    inner = next(event for event in run.of(NodeStarted) if event.node.id == "1.0.sum")
    assert (inner.node.display, inner.node.parent) == ("1", "1")
    assert inner.reason == "node 1 expanded into it"


def test_an_expansion_that_ran_is_found_whole() -> None:
    bench = Bench(twice)
    run_one(bench, "Twice", value=4)
    assert run_one(bench, "Twice", value=4).executed == ()


def test_nodes_inside_an_expansion_are_found_one_by_one() -> None:
    bench = Bench(twice)
    bench.succeed({"1": short("Add", a=4, b=4), "2": short("Show", value=["1", 0])})
    run = run_one(bench, "Twice", value=4)
    assert run.executed == ("1", "2")


def test_loops_are_expansions_that_expand() -> None:
    assert run_one(Bench(count_down), "CountDown", n=5, total=0).shown == {"2": ["[15]"]}


def test_a_loop_of_many_turns_keeps_its_ids_short() -> None:
    run = run_one(Bench(count_down), "CountDown", n=300, total=0)
    assert run.shown == {"2": [f"[{300 * 301 // 2}]"]}
    assert max(len(event.node.id) for event in run.of(NodeFinished)) <= 80
    assert len({event.node.id for event in run.of(NodeFinished)}) == len(run.of(NodeFinished))


def test_expansions_values_dicts_and_blockers_may_mix_in_a_list() -> None:
    graph = {
        "1": short("Items", text="expand plain dict block list expand"), "2": short("Mixed", text=["1", 0]),
        "3": short("Show", value=["2", 0]),
    }  # fmt: skip
    assert Bench(mixed).succeed(graph).shown == {"3": ["EXPAND", "plain", "from dict", "x", "y", "EXPAND"]}


def test_a_result_may_link_to_the_graph_outside_and_be_a_literal_value() -> None:
    @node("Through", title="Through", category="test", occupies="instant")
    def through(value: int) -> tuple[int, int]:
        """Give what node 1 gives, and a number."""
        return {"expand": {}, "result": (["1", 0], 42)}  # type: ignore[return-value]

    run = Bench(through).succeed({
        "1": short("Number", value=3), "2": short("Through", value=1),
        "3": short("Show", value=["2", 0]), "4": short("Show", value=["2", 1]),
    })  # fmt: skip
    assert run.shown == {"3": ["3"], "4": ["42"]}
    assert "1" in run.executed


def test_inputs_of_new_nodes_may_be_any_values() -> None:
    class Lamp:
        def __repr__(self) -> str:
            return "a lamp"

    @node("Bring", title="Bring", category="test", occupies="instant")
    def bring() -> AnyValue:
        """Hand a live object to a node inside."""
        return Expansion({"a": short("Hold", value=Lamp())}, (["a", 0],))

    @node("Hold", title="Hold", category="test", occupies="instant")
    def hold(value: AnyValue) -> AnyValue:
        """Pass on."""
        return value

    assert run_one(Bench(bring, hold), "Bring").shown == {"2": ["[a lamp]"]}


def test_output_nodes_inside_an_expansion_run_and_deliver_again_from_the_cache() -> None:
    @node("Showing", title="Showing", category="test", occupies="instant")
    def showing(value: int) -> int:
        """Show a number inside."""
        graph = {"show": short("Show", value="inside"), "n": short("Number", value=value)}
        return Expansion(graph, (["n", 0],))  # type: ignore[return-value]

    bench = Bench(showing)
    first = run_one(bench, "Showing", value=4)
    assert first.shown == {"1.0.show": ["inside"], "2": ["[4]"]}
    # The outermost result hides the expansion; a change below needs it again.
    again = bench.succeed({"1": short("Showing", value=4), "3": short("Show", value=["1", 0])})
    assert again.executed == ("3",)
    assert again.shown == {"1.0.show": ["inside"], "3": ["4"]}


def test_an_expansion_is_kept_only_when_output_nodes_deep_inside_have_delivered() -> None:
    @node("SlowShow", title="Slow show", category="test", occupies="io", output=True)
    def slow_show(value: int, *, ctx: Context) -> None:
        """Show a number after a while."""
        time.sleep(0.05)
        ctx.show(text=[value])

    @node("Deep", title="Deep", category="test", occupies="instant")
    def deep(level: int) -> int:
        """Expand into itself, and show something at the bottom."""
        inside = short("Deep", level=level - 1) if level else short("Number", value=7)
        below = {} if level else {"show": short("SlowShow", value=7)}
        return Expansion({"in": inside, **below}, (["in", 0],))  # type: ignore[return-value]

    bench = Bench(slow_show, deep)
    first = run_one(bench, "Deep", level=3)
    inner = {"1.0.in.0.in.0.in.0.show": [7]}
    assert first.shown == {**inner, "2": ["[7]"]}
    again = bench.succeed({"1": short("Deep", level=3), "3": short("Show", value=["1", 0])})
    assert again.shown == {**inner, "3": ["7"]}
    assert again.executed == ("3",)


def test_list_outputs_inside_spread_into_the_result() -> None:
    @node("Words", title="Words", category="test", occupies="instant")
    def words(text: str) -> Annotated[list[str], Socket("STRING"), AsList()]:
        """Split by a node inside."""
        return Expansion({"a": short("Items", text=text)}, (["a", 0],))  # type: ignore[return-value]

    assert run_one(Bench(words), "Words", text="p q").shown == {"2": ["['p', 'q']"]}


def test_async_nodes_may_expand_and_the_new_ones_overlap() -> None:
    meeting: list[str] = []

    @node("Meet", title="Meet", category="test")
    async def meet(name: str) -> str:
        """Wait until the other has come."""
        meeting.append(name)
        for _ in range(1000):
            if len(meeting) == 2:
                return name
            await asyncio.sleep(0.001)
        raise TimeoutError("nobody came")

    @node("Party", title="Party", category="test")
    async def party() -> tuple[str, str]:
        """Invite two."""
        await asyncio.sleep(0)
        guests = {"a": short("Meet", name="ann"), "b": short("Meet", name="bob")}
        return Expansion(guests, (["a", 0], ["b", 0]))  # type: ignore[return-value]

    run = Bench(meet, party).succeed({"1": short("Party"), "2": short("Show", value=["1", 1])})
    assert run.shown == {"2": ["bob"]}


def test_a_circle_inside_an_expansion_is_an_error_of_the_node_that_expanded() -> None:
    @node("Loop", title="Loop", category="test", occupies="instant")
    def loop() -> int:
        """Expand into a circle."""
        return Expansion({"a": short("Add", a=["b", 0], b=1), "b": short("Add", a=["a", 0], b=1)}, (["b", 0],))  # type: ignore[return-value]

    failure = Bench(loop).run({"1": short("Loop"), "2": short("Show", value=["1", 0])}).outcome.failure
    assert failure is not None
    assert failure.node is not None
    assert failure.node.id == "1"
    assert "circle" in failure.message


@pytest.mark.parametrize("others", [{}, {"9": short("Show", value=1)}])
def test_a_circle_through_the_graph_outside_is_an_error_of_the_node_that_expanded(others: dict[str, Any]) -> None:
    @node("Loop", title="Loop", category="test", occupies="instant")
    def loop() -> int:
        """Want what follows from its own result."""
        return Expansion({"a": short("Add", a=["2", 0], b=1)}, (["a", 0],))  # type: ignore[return-value]

    graph = {"1": short("Loop"), "2": short("Add", a=["1", 0], b=1), "3": short("Show", value=["2", 0]), **others}
    failure = Bench(loop).run(graph).outcome.failure
    assert failure is not None
    assert failure.node is not None
    assert failure.node.id == "1"
    assert "circle" in failure.message


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        ({"a": short("Nonsense")}, "Nonsense"),
        ({"a": short("Add", a=1)}, '"b" is missing'),
        ({"a": short("Add", a=["n", 7], b=1), "n": short("Number", value=1)}, "no output 7"),
        ({"a": short("Add", a=["zzz", 0], b=1)}, "no node zzz"),
    ],
)
def test_an_expansion_that_cannot_run_is_an_error_of_the_node_that_expanded(graph: Any, said: str) -> None:
    @node("Bad", title="Bad", category="test", occupies="instant")
    def bad() -> int:
        """Expand into nonsense."""
        return Expansion(graph, (["a", 0],))  # type: ignore[return-value]

    failure = Bench(bad).run({"1": short("Bad"), "2": short("Show", value=["1", 0])}).outcome.failure
    assert failure is not None
    assert failure.node is not None
    assert failure.node.id == "1"
    assert said in failure.message


def test_a_failure_inside_an_expansion_names_the_inner_node_and_who_shows_it() -> None:
    @node("Fail", title="Fail", category="test")
    def fail(value: int) -> int:
        """Fail."""
        raise ValueError("too much")

    @node("Outer", title="Outer", category="test", occupies="instant")
    def outer() -> int:
        """Expand into a failing node."""
        return Expansion({"a": short("Fail", value=1)}, (["a", 0],))  # type: ignore[return-value]

    failure = Bench(fail, outer).run({"1": short("Outer"), "2": short("Show", value=["1", 0])}).outcome.failure
    assert failure is not None
    assert failure.node is not None
    assert (failure.node.id, failure.node.display) == ("1.0.a", "1")


def test_nodes_can_read_the_running_graph_around_them() -> None:
    found: dict[str, object] = {}

    @node("Look", title="Look", category="test", occupies="instant")
    def look(*, ctx: Context) -> int:
        """Look around."""
        assert ctx.running is not None
        found.update(parent=ctx.running.parent(ctx.node), display=ctx.running.display(ctx.node))
        found["self"] = ctx.running.node(ctx.node)
        found["nobody"] = ctx.running.node("nobody")
        return 1

    @node("Outer", title="Outer", category="test", occupies="instant")
    def outer() -> int:
        """Expand."""
        return Expansion({"a": short("Look")}, (["a", 0],))  # type: ignore[return-value]

    run_one(Bench(look, outer), "Outer")
    assert found == {"parent": "1", "display": "1", "self": short("Look"), "nobody": None}


def test_values_outside_that_were_dropped_are_computed_again_when_an_expansion_wants_them() -> None:
    @node("Late", title="Late", category="test")
    def late(value: int) -> int:
        """Want node 1 after everybody else is done with it."""
        return Expansion({"a": short("Add", a=["1", 0], b=value)}, (["a", 0],))  # type: ignore[return-value]

    graph = {
        "1": short("Number", value=1), "2": short("Add", a=["1", 0], b=1),
        "3": short("Late", value=["2", 0]), "4": short("Show", value=["3", 0]),
    }  # fmt: skip
    assert Bench(late, tiers=[]).succeed(graph).shown == {"4": ["3"]}
    assert Bench(late).succeed(graph).executed == ("1", "2", "3.0.a", "3", "4")
