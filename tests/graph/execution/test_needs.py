"""Lazy inputs: what a node does not ask for is not evaluated."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from graph.datatypes import AnyValue
from graph.events import NodeStarted
from graph.node import Grow, Widget, node
from tests.graph.execution.bench import Bench, short

Lazy = Annotated[AnyValue, Widget(lazy=True)]


def _choose(switch: bool, on_false: object, on_true: object) -> Sequence[str]:
    return ["on_true"] if switch else ["on_false"]


@node("Switch", title="Switch", category="test", occupies="instant", needs=_choose)
def switch(switch: bool, on_false: Lazy | None = None, on_true: Lazy | None = None) -> AnyValue:
    """Choose."""
    return on_true if switch else on_false


def graph(value: object, **other: Any) -> dict[str, Any]:
    return {
        "1": short("Number", value=1),
        "2": short("Add", a=["1", 0], b=1),
        "3": short("Add", a=["1", 0], b=2),
        "4": short("Switch", switch=value, on_false=["2", 0], on_true=["3", 0]),
        "5": short("ShowAll", value=["4", 0]),
        **other,
    }


def test_only_the_side_that_is_asked_for_is_evaluated() -> None:
    run = Bench(switch).succeed(graph(True))
    assert run.shown == {"5": ["[3]"]}
    assert run.executed == ("1", "3", "4", "5")
    assert {event.reason for event in run.of(NodeStarted)} == {"it never ran before"}


def test_both_sides_are_found_once_both_were_asked_for() -> None:
    bench = Bench(switch)
    bench.succeed(graph(True))
    assert bench.succeed(graph(False)).executed == ("2", "4", "5")
    assert bench.succeed(graph(True)).executed == ()


def test_a_change_above_the_side_that_is_not_asked_for_changes_nothing_below() -> None:
    bench = Bench(switch)
    bench.succeed(graph(True))
    run = bench.succeed({**graph(True), "2": short("Add", a=["1", 0], b=5)})
    assert run.executed == ()
    assert run.shown == {"5": ["[3]"]}


def test_a_node_mapped_over_a_list_evaluates_the_union_of_what_its_elements_need() -> None:
    @node("Booleans", title="Booleans", category="test", occupies="instant", needs=None)
    def booleans(text: str) -> bool:
        """Whether a text says true."""
        return text == "true"

    words = {"8": short("Items", text="true false true"), "9": short("Booleans", text=["8", 0])}
    run = Bench(switch, booleans).succeed(graph(["9", 0], **words))
    assert run.shown == {"5": ["[3, 2, 3]"]}
    assert {"2", "3"} <= set(run.executed)


def test_a_node_is_asked_again_until_it_names_nothing_new_and_may_be_asked_by_coroutine() -> None:
    asked: list[tuple[object, ...]] = []

    async def one_by_one(a: object, b: object, c: object) -> Sequence[str]:
        await asyncio.sleep(0)
        asked.append((a, b, c))
        return ["a"] if a is None else ["a", "b"] if b is None else []

    @node("First", title="First", category="test", occupies="cpu", needs=one_by_one)
    def first(a: Lazy | None = None, b: Lazy | None = None, c: Lazy | None = None) -> AnyValue:
        """Give what was evaluated."""
        return (a, b, c)

    run = Bench(first).succeed({
        "1": short("Number", value=1), "2": short("Number", value=2), "3": short("Number", value=3),
        "4": short("First", a=["1", 0], b=["2", 0], c=["3", 0]), "5": short("Show", value=["4", 0]),
    })  # fmt: skip
    assert asked == [(None, None, None), (1, None, None), (1, 2, None)]
    assert run.executed == ("1", "2", "4", "5")
    assert run.shown == {"5": ["(1, 2, None)"]}


def test_names_of_inputs_that_are_not_linked_or_not_lazy_mean_nothing() -> None:
    def everything(a: object, b: object) -> Sequence[str]:
        return ["a", "b", "nonsense"]

    @node("Both", title="Both", category="test", occupies="instant", needs=everything)
    def both(a: AnyValue, b: Lazy | None = None) -> AnyValue:
        """Give both."""
        return (a, b)

    run = Bench(both).succeed({"1": short("Both", a=1, b=2), "2": short("Show", value=["1", 0])})
    assert run.shown == {"2": ["(1, 2)"]}


def test_lazy_inputs_of_growing_groups_are_asked_for_by_their_full_names() -> None:
    def second(values: dict[str, object]) -> Sequence[str]:
        return ["values.b"]

    @node("Pick", title="Pick", category="test", occupies="instant", needs=second)
    def pick(values: Annotated[dict[str, AnyValue], Grow(("a", "b")), Widget(lazy=True)] = {}) -> AnyValue:  # noqa: B006
        """Give all."""
        return values

    run = Bench(pick).succeed({
        "1": short("Number", value=1), "2": short("Number", value=2),
        "3": short("Pick", values__a=["1", 0], values__b=["2", 0]), "4": short("Show", value=["3", 0]),
    })  # fmt: skip
    assert run.executed == ("2", "3", "4")
    assert run.shown == {"4": ["{'a': None, 'b': 2}"]}


def test_an_error_while_asking_is_a_failure_of_the_node() -> None:
    def broken(a: object) -> Sequence[str]:
        raise ValueError("cannot decide")

    @node("Broken", title="Broken", category="test", occupies="instant", needs=broken)
    def node_of_doubt(a: Lazy | None = None) -> AnyValue:
        """Give nothing."""

    run = Bench(node_of_doubt).run({
        "1": short("Number", value=1), "2": short("Broken", a=["1", 0]), "3": short("Show", value=["2", 0]),
    })  # fmt: skip
    assert run.outcome.failure is not None
    assert run.outcome.failure.message == 'Node 2 "Broken": cannot decide'


def test_without_a_cache_values_that_a_lazy_branch_may_need_are_kept() -> None:
    bench = Bench(switch, tiers=[])
    run = bench.succeed({**graph(False), "6": short("Show", value=["1", 0])}, targets=["6", "5"])
    assert sorted(run.executed) == ["1", "2", "4", "5", "6"]
