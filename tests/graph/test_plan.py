"""Plans: what runs, what is found, and why."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Entry
from graph.cache.memory import MemoryCache
from graph.cache.seen import Seen
from graph.cache.tiers import Tiers
from graph.events import NodeStarted
from graph.execution import Executor
from graph.fingerprint import Surroundings
from graph.node import Node, node
from graph.plan import Plan, Verdict
from graph.spec import InputSpec, NodeSpec, OutputSpec
from tests.graph.execution.bench import Bench, short


def loader(version: int = 1) -> Node:
    spec = NodeSpec(
        id="Loader", title="Load", category="test", version=version, occupies="cpu",
        inputs=(InputSpec(name="file", type="COMBO", files="checkpoints"),),
        outputs=(OutputSpec(name="o", type="INT"),),
    )  # fmt: skip
    return Node(spec, lambda file: len(file))


def graph(value: int = 1, file: str = "a.safetensors") -> dict[str, Any]:
    return {
        "1": short("Loader", file=file),
        "2": short("Number", value=value),
        "3": short("Add", a=["1", 0], b=["2", 0]),
        "4": short("Show", value=["3", 0]),
    }


def house(salt: str = "cpu/fp32", content: str = "one") -> Surroundings:
    return Surroundings(lambda folder, name: f"{name} {content}", salt)


def plan_of(bench: Bench, prompt: dict[str, Any]) -> Plan:
    return asyncio.run(bench.executor.plan(bench.graph(prompt)))


def place(memory: MemoryCache | None = None, seen: Seen | None = None, version: int = 1, **surroundings: str) -> Bench:
    tiers = [memory if memory is not None else MemoryCache(2**26, Codecs().nbytes)]
    return Bench(loader(version), tiers=tiers, seen=seen, surroundings=house(**surroundings))


def test_a_first_plan_runs_everything_in_order() -> None:
    plan = plan_of(place(), graph())
    assert plan.run == ("1", "2", "3", "4")
    assert plan.cached == ()
    assert set(plan.reasons.values()) == {"it never ran before"}


def test_a_plan_changes_nothing() -> None:
    bench = place()
    assert plan_of(bench, graph()) == plan_of(bench, graph())
    bench.succeed(graph())
    assert plan_of(bench, graph(2)) == plan_of(bench, graph(2))


def test_a_hit_hides_everything_above_it() -> None:
    bench = place()
    bench.succeed(graph())
    plan = plan_of(bench, {**graph(), "5": short("Add", a=["3", 0], b=1), "6": short("Show", value=["5", 0])})
    assert plan.run == ("5", "6")
    assert set(plan.hits) == {"3", "4"}
    assert plan.verdict("3") == Verdict("hit", "memory", "found in the memory cache")
    assert plan.verdict("1").state == "not_needed"
    assert plan.verdict("5").state == "run"


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (graph(value=2), 'input "value" of node 2 "Number" changed'),
        (graph(file="b.safetensors"), 'file "b.safetensors" of node 1 "Load" changed'),
        (
            {**graph(), "3": short("Add", a=["1", 0], b=["1", 0])},
            'input "b" of node 3 "Add" is linked to something else',
        ),
        ({**graph(), "3": short("Add", a=["1", 0], b=7)}, 'input "b" of node 3 "Add" changed'),
    ],
)
def test_a_miss_names_its_first_cause(prompt: dict[str, Any], reason: str) -> None:
    bench = place()
    bench.succeed(graph())
    assert plan_of(bench, prompt).reasons["4"] == reason


def test_all_changed_inputs_of_a_node_are_listed() -> None:
    bench = place()
    bench.succeed({"1": short("Add", a=1, b=2), "2": short("Show", value=["1", 0])})
    reasons = plan_of(bench, {"1": short("Add", a=3, b=4), "2": short("Show", value=["1", 0])}).reasons
    assert reasons["1"] == reasons["2"] == 'inputs "a" and "b" of node 1 "Add" changed'


def test_new_nodes_never_ran_before_and_neither_did_what_follows_them() -> None:
    bench = place()
    bench.succeed(graph())
    plan = plan_of(bench, {**graph(), "7": short("Number", value=5), "3": short("Add", a=["1", 0], b=["7", 0])})
    assert plan.reasons["7"] == "it never ran before"
    assert plan.reasons["4"] == 'input "b" of node 3 "Add" is linked to something else'


def test_changed_files_versions_and_devices_are_told_apart() -> None:
    memory, seen = MemoryCache(2**26, Codecs().nbytes), Seen()
    place(memory, seen).succeed(graph())
    reasons = {
        plan_of(place(memory, seen, content="two"), graph()).reasons["4"],
        plan_of(place(memory, seen, version=2), graph()).reasons["4"],
        plan_of(place(memory, seen, salt="cuda/fp16"), graph()).reasons["4"],
    }
    assert reasons == {
        'file "a.safetensors" of node 1 "Load" changed',
        "the version of node type Loader changed",
        'the device or precision of node 1 "Load" changed',
    }


def test_what_was_evicted_is_told() -> None:
    memory = MemoryCache(2**26, Codecs().nbytes)
    bench = place(memory)
    bench.succeed(graph())
    memory.clear()
    assert set(plan_of(bench, graph()).reasons.values()) == {"its result was not kept"}


def test_what_did_not_finish_before_is_told() -> None:
    @node("Fail", title="Fail", category="test", output=True)
    def fail(value: int) -> None:
        """Fail."""
        raise ValueError("no")

    bench = Bench(fail)
    prompt = {"1": short("Fail", value=1)}
    bench.run(prompt)
    assert plan_of(bench, prompt).reasons == {"1": "it did not finish before"}


def test_nodes_that_are_never_cached_are_to_blame_for_what_follows() -> None:
    @node("Dice", title="Dice", category="test", cacheable=False)
    def dice() -> int:
        """Give the same number, unknown to anybody."""
        return 4

    bench = Bench(dice)
    prompt = {"1": short("Dice"), "2": short("Add", a=["1", 0], b=1), "3": short("Show", value=["2", 0])}
    for _ in range(2):
        assert plan_of(bench, prompt).reasons == dict.fromkeys("123", 'node 1 "Dice" is never cached')
        bench.succeed(prompt)


def test_misses_are_explained_across_processes(tmp_path: Path) -> None:
    def process(value: int) -> list[str]:
        tiers = [DiskCache(tmp_path, 2**26, Codecs())]
        bench = Bench(loader(), tiers=tiers, seen=Seen(tmp_path), surroundings=house())
        return [event.reason for event in bench.succeed(graph(value)).of(NodeStarted)]

    assert set(process(1)) == {"it never ran before"}
    assert process(1) == []
    assert set(process(2)) == {'input "value" of node 2 "Number" changed'}
    (tmp_path / "seen").unlink()
    assert set(process(3)) == {"it never ran before"}


def test_a_change_back_to_what_was_known_is_found() -> None:
    bench = place()
    bench.succeed(graph(1))
    bench.succeed(graph(2))
    assert plan_of(bench, graph(1)).run == ()


def test_results_whose_files_are_gone_run_again() -> None:
    gone: set[str] = set()

    def is_valid(spec: NodeSpec, entry: Entry) -> bool:
        assert spec.is_output
        return entry.ui is not None and entry.ui["text"][0] not in gone

    bench = Bench(is_valid=is_valid)
    prompt = {"1": short("Number", value=1), "2": short("Show", value=["1", 0])}
    bench.succeed(prompt)
    assert bench.succeed(prompt).executed == ()
    gone.add("1")
    run = bench.succeed(prompt)
    assert run.executed == ("2",)
    assert [event.reason for event in run.of(NodeStarted)] == ["its files are gone"]


def test_a_plan_says_which_nodes_run_only_if_they_are_asked_for() -> None:
    spec = NodeSpec(
        id="Switch", title="Switch", category="test", outputs=(OutputSpec(name="o", type="*"),),
        inputs=(InputSpec(name="a", type="*", lazy=True), InputSpec(name="b", type="*", lazy=True)),
    )  # fmt: skip
    bench = Bench(Node(spec, lambda a, b: a, needs=lambda a, b: ["a"]))
    prompt = {
        "1": short("Number", value=1), "2": short("Number", value=2), "3": short("Switch", a=["1", 0], b=["2", 0]),
        "4": short("Show", value=["3", 0]),
    }  # fmt: skip
    plan = plan_of(bench, prompt)
    assert plan.run == ("3", "4")
    assert plan.lazy == {"1", "2"}
    assert plan.verdict("1") == Verdict("lazy", None, "it runs only if a node asks for it")


def test_lazy_inputs_of_a_node_that_cannot_be_asked_are_evaluated_at_once() -> None:
    spec = NodeSpec(
        id="Plain", title="Plain", category="test", is_output=True, inputs=(InputSpec(name="a", type="*", lazy=True),)
    )
    run = Bench(Node(spec, lambda a: {"ui": {"text": [a]}})).succeed(
        {"1": short("Number", value=1), "2": short("Plain", a=["1", 0])}
    )
    assert run.shown == {"2": [1]}


def test_a_plan_without_a_cache_runs_everything() -> None:
    bench = Bench()
    executor = Executor(bench.registry, Tiers())
    prompt = {"1": short("Number", value=1), "2": short("Show", value=["1", 0])}
    for _ in range(2):
        asyncio.run(executor.run("job", bench.graph(prompt), lambda _: None))
        assert asyncio.run(executor.plan(bench.graph(prompt))).run == ("1", "2")
