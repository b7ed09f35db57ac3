"""Mapping nodes over lists, and blockers that keep single elements from running."""

from typing import Annotated, Any

import pytest

from graph.context import Context
from graph.datatypes import AnyValue, Socket
from graph.events import NodeLog, NodeSkipped
from graph.execution.lists import Spread, element, element_count, merge
from graph.node import node
from graph.spec import OutputSpec
from graph.values import AsList, Blocker
from tests.graph.execution.bench import Bench, short


@node("Odd", title="Odd", category="test", occupies="instant")
def odd(value: int, message: str = "") -> int:
    """Let odd numbers pass."""
    return value if value % 2 else Blocker(message or None)  # type: ignore[return-value]  # blockers may stand anywhere


@node("Range", title="Range", category="test", occupies="instant")
def count_to(count: int) -> Annotated[list[int], Socket("INT"), AsList()]:
    """Count."""
    return list(range(count))


@node("Total", title="Total", category="test", occupies="instant", takes_lists=True)
def total(values: int, offset: int = 0) -> int:
    """Add up a whole list."""
    assert isinstance(values, list)
    assert isinstance(offset, list)
    return sum(values) + offset[0]


@node("Halves", title="Halves", category="test", occupies="instant")
def halves(text: str) -> tuple[Annotated[str, Socket("STRING")], Annotated[list[str], Socket("STRING"), AsList()]]:
    """Give a text, and its letters as a list."""
    return text, list(text)


def bench() -> Bench:
    return Bench(odd, count_to, total, halves)


def test_a_list_output_maps_its_consumers_over_the_elements() -> None:
    graph = {
        "1": short("Items", text="a b c"),
        "2": short("Upper", text=["1", 0]),
        "3": short("ShowAll", value=["2", 0]),
    }
    run = bench().succeed(graph)
    assert run.shown == {"3": ["['A', 'B', 'C']"]}
    assert run.executed == ("1", "2", "3")


def test_an_output_node_that_is_mapped_shows_each_element() -> None:
    run = bench().succeed({"1": short("Items", text="a b"), "2": short("Show", value=["1", 0])})
    assert run.shown == {"2": ["a", "b"]}


def test_shorter_inputs_repeat_their_last_element() -> None:
    graph = {
        "1": short("Range", count=4), "2": short("Range", count=2),
        "3": short("Add", a=["1", 0], b=["2", 0]), "4": short("ShowAll", value=["3", 0]),
    }  # fmt: skip
    assert bench().succeed(graph).shown == {"4": ["[0, 2, 3, 4]"]}


def test_an_empty_list_runs_its_consumers_zero_times() -> None:
    graph = {"1": short("Items", text=""), "2": short("Upper", text=["1", 0]), "3": short("ShowAll", value=["2", 0])}
    run = bench().succeed(graph)
    assert run.executed == ("1", "3")
    assert run.shown == {"3": ["[]"]}
    assert [event.node.id for event in run.of(NodeSkipped)] == ["2"]


def test_a_node_that_takes_lists_gets_every_input_as_a_list() -> None:
    graph = {
        "1": short("Range", count=4),
        "2": short("Total", values=["1", 0], offset=10),
        "3": short("Show", value=["2", 0]),
    }
    assert bench().succeed(graph).shown == {"3": ["16"]}


def test_list_and_plain_outputs_of_a_mapped_node() -> None:
    graph = {
        "1": short("Items", text="ab c"), "2": short("Halves", text=["1", 0]),
        "3": short("ShowAll", value=["2", 0]), "4": short("ShowAll", value=["2", 1]),
    }  # fmt: skip
    assert bench().succeed(graph).shown == {"3": ["['ab', 'c']"], "4": ["['a', 'b', 'c']"]}


def test_a_silent_blocker_skips_its_consumers_and_the_job_succeeds() -> None:
    graph = {"1": short("Odd", value=2), "2": short("Add", a=["1", 0], b=1), "3": short("Show", value=["2", 0])}
    run = bench().succeed({**graph, "4": short("Show", value=5)})
    assert set(run.executed) == {"1", "4"}
    assert [(event.node.id, event.message) for event in run.of(NodeSkipped)] == [("2", None), ("3", None)]


def test_a_blocker_with_a_message_is_an_error_of_the_first_node_that_meets_it() -> None:
    graph = {
        "1": short("Odd", value=2, message="even"),
        "2": short("Add", a=["1", 0], b=1),
        "3": short("Show", value=["2", 0]),
    }
    run = bench().succeed(graph)
    assert [(event.node.id, event.message) for event in run.of(NodeSkipped)] == [("2", "even"), ("3", None)]


def test_a_blocked_run_again_executes_nothing_and_is_blocked_again() -> None:
    place = bench()
    graph = {"1": short("Odd", value=2), "2": short("Show", value=["1", 0])}
    place.succeed(graph)
    run = place.succeed(graph)
    assert run.executed == ()
    assert [event.node.id for event in run.of(NodeSkipped)] == ["2"]


def test_blockers_skip_single_elements_of_a_list() -> None:
    graph = {
        "1": short("Range", count=5), "2": short("Odd", value=["1", 0], message="even"),
        "3": short("Add", a=["2", 0], b=10), "4": short("Show", value=["3", 0]),
    }  # fmt: skip
    run = bench().succeed(graph)
    assert run.shown == {"4": ["11", "13"]}
    assert [event.message for event in run.of(NodeLog)] == ["even", "even", "even"]


def test_a_blocker_in_a_list_blocks_a_node_that_takes_whole_lists() -> None:
    graph = {"1": short("Range", count=3), "2": short("Odd", value=["1", 0]), "3": short("Total", values=["2", 0])}
    run = bench().succeed({**graph, "4": short("Show", value=["3", 0])})
    assert run.shown == {}


def test_a_blocker_may_stand_for_one_of_several_outputs() -> None:
    @node("Either", title="Either", category="test", occupies="instant")
    def either(value: int) -> tuple[int, int]:
        """Give a number on the left; block the right."""
        return value, Blocker()  # type: ignore[return-value]  # blockers may stand anywhere

    graph = {"1": short("Either", value=3), "2": short("Show", value=["1", 0]), "3": short("Show", value=["1", 1])}
    assert Bench(either).succeed(graph).shown == {"2": ["3"]}


def test_what_mapped_runs_show_is_joined_also_when_it_is_returned_as_a_dict() -> None:
    @node("Tell", title="Tell", category="test", output=True)
    def tell(value: AnyValue, *, ctx: Context) -> None:
        """Show a value in two ways."""
        ctx.show(text=[f"shown {value}"])
        return {"ui": {"text": [f"told {value}"]}}  # type: ignore[return-value]  # the classic form

    run = Bench(tell).succeed({"1": short("Items", text="a b"), "2": short("Tell", value=["1", 0])})
    assert run.shown == {"2": ["told a", "told b", "shown a", "shown b"]}


@pytest.mark.parametrize(
    ("inputs", "count"),
    [({}, 1), ({"a": (1,)}, 1), ({"a": (1,), "b": (1, 2, 3)}, 3), ({"a": (), "b": (1, 2)}, 0)],
)
def test_how_often_a_node_runs(inputs: dict[str, tuple[Any, ...]], count: int) -> None:
    assert element_count(inputs) == count


def test_element_repeats_the_last_of_shorter_inputs() -> None:
    assert element({"a": (1, 2), "b": (3,)}, 1) == {"a": 2, "b": 3}


def test_merging_spreads_what_an_expansion_links_to() -> None:
    outputs = (OutputSpec(name="n", type="INT"), OutputSpec(name="l", type="INT", is_list=True))
    assert merge([(Spread((1, 2)), [3]), (4, [5, 6])], outputs) == ((1, 2, 4), (3, 5, 6))
