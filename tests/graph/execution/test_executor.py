"""The rules by which graphs run: targets, caching, reuse, lists of events."""

import asyncio
import math
from typing import Any

import pytest

from graph.context import Context
from graph.datatypes import AnyValue
from graph.events import (
    JobFailed,
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodeProgress,
    NodesCached,
    NodeStarted,
)
from graph.execution import Executor
from graph.node import Fingerprint, Node, node
from graph.spec import InputSpec, NodeSpec, OutputSpec
from tests.graph.execution.bench import Bench, short

SUM = {
    "1": short("Number", value=1),
    "2": short("Number", value=2),
    "3": short("Add", a=["1", 0], b=["2", 0]),
    "4": short("Show", value=["3", 0]),
}


def test_values_flow_from_node_to_node() -> None:
    run = Bench().succeed(SUM)
    assert run.shown == {"4": ["3"]}
    assert set(run.executed) == {"1", "2", "3", "4"}


def test_a_second_run_executes_nothing_and_delivers_again() -> None:
    bench = Bench()
    bench.succeed(SUM)
    run = bench.succeed(SUM)
    assert run.executed == ()
    assert run.shown == {"4": ["3"]}
    assert set(run.outcome.cached) == {"1", "2", "3", "4"}
    assert [(event.node.id, event.cached) for event in run.of(NodeFinished)] == [("4", True)]
    assert run.of(NodesCached)[0].tiers == {"4": "memory"}


def test_a_changed_literal_reruns_its_node_and_what_follows() -> None:
    bench = Bench()
    bench.succeed(SUM)
    run = bench.succeed({**SUM, "2": short("Number", value=5)})
    assert set(run.executed) == {"2", "3", "4"}
    assert run.shown == {"4": ["6"]}


def test_the_order_of_keys_in_the_document_never_matters() -> None:
    bench = Bench()
    bench.succeed(SUM)
    backwards = dict(reversed([*SUM.items()]))
    backwards["3"] = short("Add", b=["2", 0], a=["1", 0])
    assert bench.succeed(backwards).executed == ()


def test_with_caching_off_everything_runs() -> None:
    bench = Bench(tiers=[])
    bench.succeed(SUM)
    assert set(bench.succeed(SUM).executed) == {"1", "2", "3", "4"}


def test_another_graph_in_between_throws_nothing_away() -> None:
    bench = Bench()
    bench.succeed(SUM)
    bench.succeed({"1": short("Number", value=9), "2": short("Show", value=["1", 0])})
    assert bench.succeed(SUM).executed == ()


@pytest.mark.parametrize("other", [1.0, True, "1", None])
def test_literals_of_other_types_are_other_values(other: object) -> None:
    bench = Bench()
    bench.succeed({"1": short("Show", value=1)})
    assert bench.succeed({"1": short("Show", value=other)}).executed == ("1",)


def test_what_the_targets_do_not_need_is_never_run() -> None:
    run = Bench().succeed({**SUM, "5": short("Number", value=7)})
    assert "5" not in run.executed
    assert "5" not in run.outcome.cached


def test_only_the_targets_asked_for_run() -> None:
    graph = {**SUM, "5": short("Show", value=["1", 0])}
    run = Bench().succeed(graph, targets=["5"])
    assert set(run.executed) == {"1", "5"}


def test_an_output_node_that_feeds_a_target_still_runs_and_delivers() -> None:
    @node("Pass", title="Pass", category="test", occupies="instant", output=True)
    def passing(value: AnyValue, *, ctx: Context) -> AnyValue:
        """Show a value and pass it on."""
        ctx.show(text=[str(value)])
        return value

    bench = Bench(passing)
    graph = {"1": short("Number", value=1), "2": short("Pass", value=["1", 0]), "3": short("Show", value=["2", 0])}
    assert bench.succeed(graph, targets=["3"]).shown == {"2": ["1"], "3": ["1"]}
    again = bench.succeed(graph, targets=["3"])
    assert again.executed == ()
    assert again.shown == {"2": ["1"], "3": ["1"]}


def test_several_outputs_on_one_source_all_deliver_and_equal_nodes_run_once() -> None:
    run = Bench().succeed({
        "1": short("Number", value=1),
        "2": short("Number", value=1),
        "3": short("Show", value=["1", 0]),
        "4": short("Show", value=["2", 0]),
    })  # fmt: skip
    assert run.shown == {"3": ["1"], "4": ["1"]}
    assert run.executed == ("1", "3")
    assert [event.node.id for event in run.of(NodeFinished) if event.cached] == ["2", "4"]


def test_a_node_that_depends_on_its_id_is_not_the_same_as_its_twin() -> None:
    spec = NodeSpec(
        id="Name", title="Name", category="test", outputs=(OutputSpec(name="n", type="STRING"),), depends_on_id=True
    )
    bench = Bench(Node(spec, lambda ctx: ctx.node, frozenset({"ctx"})))
    run = bench.succeed({
        "1": short("Name"), "2": short("Name"),
        "3": short("Show", value=["1", 0]), "4": short("Show", value=["2", 0]),
    })  # fmt: skip
    assert run.shown == {"3": ["1"], "4": ["2"]}


def test_undeclared_inputs_reach_nodes_that_accept_them_links_included() -> None:
    spec = NodeSpec(id="Open", title="Open", category="test", is_output=True, accepts_undeclared=True)

    def tell(**inputs: Any) -> dict[str, Any]:
        return {"ui": {"text": [str(sorted(inputs.items()))]}}

    run = Bench(Node(spec, tell)).succeed({"1": short("Number", value=4), "2": short("Open", x=1, y=["1", 0])})
    assert run.shown == {"2": ["[('x', 1), ('y', 4)]"]}


def test_undeclared_inputs_are_ignored_by_nodes_that_do_not_accept_them() -> None:
    bench = Bench()
    bench.succeed(SUM)
    assert bench.succeed({**SUM, "1": short("Number", value=1, note="only for the editor")}).executed == ()


def test_a_raw_link_reaches_the_node_as_a_pair() -> None:
    spec = NodeSpec(
        id="Raw", title="Raw", category="test", is_output=True, inputs=(InputSpec(name="x", type="*", raw_link=True),)
    )
    run = Bench(Node(spec, lambda x: {"ui": {"text": [x]}})).succeed(
        {"1": short("Number", value=4), "2": short("Raw", x=["1", 0])}
    )
    assert run.shown == {"2": [["1", 0]]}


def token_node(fingerprint: Fingerprint, seen: list[object] | None = None) -> Node:
    spec = NodeSpec(
        id="Token", title="Token", category="test", has_fingerprint=True, occupies="instant",
        inputs=(InputSpec(name="a", type="INT"), InputSpec(name="b", type="INT", required=False)),
        outputs=(OutputSpec(name="n", type="INT"),),
    )  # fmt: skip
    return Node(spec, lambda a, b=0: a, fingerprint=fingerprint)


TOKEN = {"1": short("Number", value=2), "2": short("Token", a=1, b=["1", 0]), "3": short("Show", value=["2", 0])}


def test_a_constant_change_token_is_cached_and_a_changed_one_is_not() -> None:
    token = {"value": "monday"}
    bench = Bench(token_node(lambda a, b: token["value"]))
    bench.succeed(TOKEN)
    assert bench.succeed(TOKEN).executed == ()
    token["value"] = "tuesday"
    assert bench.succeed(TOKEN).executed == ("2",)  # the same content came of it, so what follows did not run


def test_a_change_token_of_nan_is_never_cached() -> None:
    bench = Bench(token_node(lambda a, b: math.nan))
    bench.succeed(TOKEN)
    run = bench.succeed(TOKEN)
    assert run.executed == ("2",)
    assert run.of(NodeStarted)[0].reason == 'node 2 "Token" says that it always changes'


def test_change_tokens_see_constants_only_and_may_be_coroutines() -> None:
    seen: list[object] = []

    async def ask(a: int, b: int | None) -> int:
        seen.append((a, b))
        await asyncio.sleep(0)
        return 1

    bench = Bench(token_node(ask))
    bench.succeed(TOKEN)
    assert bench.succeed(TOKEN).executed == ()
    assert seen == [(1, None), (1, None)]


def test_a_change_token_that_fails_means_not_cacheable_with_the_reason() -> None:
    def ask(a: int, b: int | None) -> int:
        raise OSError("no such camera")

    bench = Bench(token_node(ask))
    bench.succeed(TOKEN)
    run = bench.succeed(TOKEN)
    assert run.executed == ("2",)
    assert "no such camera" in run.of(NodeStarted)[0].reason


def test_a_node_that_is_never_cached_runs_each_time_and_equal_content_stops_there() -> None:
    values = iter([1, 1, 2])

    @node("Dice", title="Dice", category="test", cacheable=False, occupies="instant")
    def dice() -> int:
        """Give the next value."""
        return next(values)

    bench = Bench(dice)
    graph = {"1": short("Dice"), "2": short("Add", a=["1", 0], b=10), "3": short("Show", value=["2", 0])}
    assert bench.succeed(graph).executed == ("1", "2", "3")
    second = bench.succeed(graph)
    assert second.executed == ("1",)
    assert second.shown == {"3": ["11"]}
    third = bench.succeed(graph)
    assert third.executed == ("1", "2", "3")
    assert third.shown == {"3": ["12"]}


def test_early_cut_off_a_rerun_with_the_same_content_does_not_rerun_its_consumers() -> None:
    @node("Half", title="Half", category="test", occupies="instant")
    def half(value: int) -> int:
        """Divide by two, rounding down."""
        return value // 2

    bench = Bench(half)

    def graph(value: int) -> dict[str, Any]:
        return {"1": short("Half", value=value), "2": short("Add", a=["1", 0], b=1), "3": short("Show", value=["2", 0])}

    bench.succeed(graph(4))
    run = bench.succeed(graph(5))
    assert run.executed == ("1",)
    assert {event.node.id: event.cached for event in run.of(NodeFinished)} == {"1": False, "2": True, "3": True}
    assert run.shown == {"3": ["3"]}
    assert bench.succeed(graph(5)).executed == ()


def test_a_literal_and_a_link_that_brings_the_same_value_are_the_same() -> None:
    bench = Bench()
    bench.succeed({"1": short("Add", a=1, b=2), "2": short("Show", value=["1", 0])})
    run = bench.succeed(SUM)
    assert set(run.executed) == {"1", "2"}
    assert run.shown == {"4": ["3"]}


def test_events_are_numbered_without_gaps_and_end_with_the_outcome() -> None:
    run = Bench().succeed(SUM)
    assert [event.seq for event in run.events] == list(range(1, len(run.events) + 1))
    assert isinstance(run.events[0], JobStarted)
    assert isinstance(run.events[1], NodesCached)
    assert isinstance(run.events[-1], JobSucceeded)
    assert len(run.of(NodesCached)) == 1
    assert run.events[-1].executed == run.executed


def test_progress_is_thinned_out_but_the_first_and_the_last_are_sent() -> None:
    @node("Busy", title="Busy", category="test", output=True)
    def busy(*, ctx: Context) -> None:
        """Report much."""
        for step in range(1, 1001):
            ctx.progress(step, 1000)

    values = [event.value for event in Bench(busy).succeed({"1": short("Busy")}).of(NodeProgress)]
    assert values[0] == 1
    assert values[-1] == 1000
    assert len(values) < 100


def test_a_node_says_in_its_events_why_it_ran() -> None:
    bench = Bench()
    bench.succeed(SUM)
    run = bench.succeed({**SUM, "2": short("Number", value=5)})
    assert {event.reason for event in run.of(NodeStarted)} == {'input "value" of node 2 "Number" changed'}


def test_results_are_kept_as_nodes_finish_so_that_a_failed_job_resumes() -> None:
    is_broken = [True]

    @node("Flaky", title="Flaky", category="test", occupies="instant")
    def flaky(value: int) -> int:
        """Fail until it is mended."""
        if is_broken[0]:
            raise RuntimeError("not yet")
        return value

    bench = Bench(flaky)
    graph = {"1": short("Number", value=1), "2": short("Flaky", value=["1", 0]), "3": short("Show", value=["2", 0])}
    assert bench.run(graph).outcome.status == "failed"
    is_broken[0] = False
    assert bench.succeed(graph).executed == ("2", "3")


def test_services_are_handed_to_the_nodes_that_name_them() -> None:
    @node("Wants", title="Wants", category="test", output=True)
    def wants(*, ctx: Context, lamp: str) -> None:
        """Show a service."""
        ctx.show(text=[lamp])

    assert Bench(wants, services={"lamp": "bright"}).succeed({"1": short("Wants")}).shown == {"1": ["bright"]}


def test_a_missing_service_is_a_failure_of_the_node_that_wants_it() -> None:
    @node("Wants", title="Wants", category="test", output=True)
    def wants(*, lamp: str) -> None:
        """Want a service."""

    run = Bench(wants).run({"1": short("Wants")})
    assert isinstance(run.events[-1], JobFailed)
    assert run.events[-1].failure.node is not None
    assert run.events[-1].failure.node.id == "1"
    assert '"lamp"' in run.events[-1].failure.message


def test_the_context_tells_a_node_about_its_job() -> None:
    found: list[Context] = []

    @node("Look", title="Look", category="test", output=True)
    def look(*, ctx: Context) -> None:
        """Look around."""
        found.append(ctx)

    graph = {"1": short("Look")}
    Bench(look).succeed(graph, extra={"client": "me"}, previews="auto")
    assert (found[0].job, found[0].node, found[0].title, found[0].previews) == ("job", "1", "Look", "auto")
    assert found[0].extra == {"client": "me"}
    assert found[0].prompt["1"]["class_type"] == "Look"
    assert found[0].running is not None
    assert found[0].running.node("1") == graph["1"]


def test_growing_groups_reach_the_function_as_dicts() -> None:
    spec = NodeSpec.model_validate({
        "id": "Grow", "title": "Grow", "category": "test", "is_output": True,
        "inputs": [{"name": "values", "type": "INT", "autogrow": {"names": ["a", "b"]}}],
    })  # fmt: skip
    bench = Bench(Node(spec, lambda values: {"ui": {"text": [values]}}))
    run = bench.succeed({"1": short("Number", value=4), "2": short("Grow", values__a=1, values__b=["1", 0])})
    assert run.shown == {"2": [{"a": 1, "b": 4}]}
    assert bench.succeed({"1": short("Grow")}).shown == {"1": [{}]}


def test_two_jobs_may_run_at_the_same_time() -> None:
    bench = Bench()

    async def both(executor: Executor) -> list[str]:
        graphs = [
            bench.graph({"1": short("Number", value=each), "2": short("Show", value=["1", 0])}) for each in (1, 2)
        ]
        outcomes = await asyncio.gather(
            *[executor.run(f"job {each}", graph, lambda _: None) for each, graph in enumerate(graphs)]
        )
        return [outcome.ui["2"]["text"][0] for outcome in outcomes]

    assert asyncio.run(both(bench.executor)) == ["1", "2"]


def test_a_chain_of_ten_thousand_nodes_runs() -> None:
    count = 10_000
    graph: dict[str, Any] = {"0": short("Number", value=0)}
    for index in range(1, count):
        graph[str(index)] = short("Add", a=[str(index - 1), 0], b=1)
    graph["end"] = short("Show", value=[str(count - 1), 0])
    bench = Bench()
    assert bench.succeed(graph).shown == {"end": [str(count - 1)]}
    assert bench.succeed(graph).executed == ()
