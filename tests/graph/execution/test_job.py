"""How a job is driven: overlap, failure, cancelling. Nothing keeps running when a job has ended."""

import asyncio
import gc
import threading
import time
import weakref
from typing import Any

import pytest

from graph.context import Context
from graph.errors import Cancelled
from graph.events import Event, JobCancelled, JobFailed, NodeFinished
from graph.execution import Lanes
from graph.node import Node, node
from graph.spec import InputSpec, NodeSpec, Occupies, OutputSpec
from tests.graph.execution.bench import Bench, short

PATIENCE_SECONDS = 10.0


def waiting_node(type_id: str, occupies: Occupies, wait: Any) -> Node:
    """A node that calls `wait` and passes its input on."""
    spec = NodeSpec(
        id=type_id, title=type_id, category="test", occupies=occupies,
        inputs=(InputSpec(name="value", type="INT"),), outputs=(OutputSpec(name="n", type="INT"),),
    )  # fmt: skip

    def run(value: int) -> int:
        wait()
        return value

    return Node(spec, run)


def two(type_id: str) -> dict[str, Any]:
    return {
        "1": short(type_id, value=1), "2": short(type_id, value=2),
        "3": short("Add", a=["1", 0], b=["2", 0]), "4": short("Show", value=["3", 0]),
    }  # fmt: skip


@pytest.mark.parametrize("occupies", ["cpu", "io"])
def test_independent_nodes_on_threads_overlap(occupies: Occupies) -> None:
    barrier = threading.Barrier(2)
    run = Bench(waiting_node("Wait", occupies, lambda: barrier.wait(PATIENCE_SECONDS))).succeed(two("Wait"))
    assert run.shown == {"4": ["3"]}


def test_nodes_on_different_lanes_overlap() -> None:
    barrier = threading.Barrier(2)
    gpu = waiting_node("Sample", "gpu", lambda: barrier.wait(PATIENCE_SECONDS))
    saving = waiting_node("Save", "io", lambda: barrier.wait(PATIENCE_SECONDS))
    graph = {**two("Sample"), "2": short("Save", value=2)}
    assert Bench(gpu, saving).succeed(graph).shown == {"4": ["3"]}


def test_gpu_nodes_run_one_at_a_time() -> None:
    inside, most = [0], [0]

    def work() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1

    Bench(waiting_node("Sample", "gpu", work)).succeed(two("Sample"))
    assert most == [1]


def test_nodes_of_one_lane_run_in_the_order_of_the_plan() -> None:
    order: list[int] = []
    spec = NodeSpec(
        id="Sample", title="Sample", category="test", occupies="gpu", is_output=True,
        inputs=(InputSpec(name="value", type="INT"),),
    )  # fmt: skip
    bench = Bench(Node(spec, lambda value: order.append(value)))
    bench.succeed({str(each): short("Sample", value=each) for each in range(20)})
    assert order == [*range(20)]


def test_coroutine_nodes_overlap() -> None:
    arrived: list[int] = []

    @node("Meet", title="Meet", category="test")
    async def meet(value: int) -> int:
        """Wait for the other."""
        arrived.append(value)
        while len(arrived) < 2:
            await asyncio.sleep(0.001)
        return value

    assert Bench(meet).succeed(two("Meet")).shown == {"4": ["3"]}


def test_coroutines_of_one_node_mapped_over_a_list_overlap() -> None:
    arrived: list[str] = []

    @node("Meet", title="Meet", category="test")
    async def meet(text: str) -> str:
        """Wait for the others."""
        arrived.append(text)
        while len(arrived) < 3:
            await asyncio.sleep(0.001)
        return text

    run = Bench(meet).succeed({
        "1": short("Items", text="a b c"), "2": short("Meet", text=["1", 0]), "3": short("ShowAll", value=["2", 0]),
    })  # fmt: skip
    assert run.shown == {"3": ["['a', 'b', 'c']"]}


def test_a_function_that_returns_a_coroutine_is_awaited() -> None:
    async def later(value: int) -> int:
        await asyncio.sleep(0)
        return value

    spec = NodeSpec(
        id="Later", title="Later", category="test",
        inputs=(InputSpec(name="value", type="INT"),), outputs=(OutputSpec(name="n", type="INT"),),
    )  # fmt: skip
    assert Bench(Node(spec, lambda value: later(value))).succeed(two("Later")).shown == {"4": ["3"]}


def test_a_synchronous_failure_ends_the_job_and_cancels_coroutines_whose_finally_blocks_run() -> None:
    story: list[str] = []
    is_waiting = threading.Event()

    @node("Forever", title="Forever", category="test")
    async def forever() -> int:
        """Wait without end."""
        try:
            is_waiting.set()
            await asyncio.sleep(3600)
        finally:
            story.append("finally")
        return 1

    def fail() -> None:
        is_waiting.wait(PATIENCE_SECONDS)
        raise ValueError("no")

    run = Bench(forever, waiting_node("Fail", "cpu", fail)).run({**two("Fail"), "1": short("Forever")})
    assert story == ["finally"]
    assert run.outcome.status == "failed"
    assert run.outcome.failure is not None
    assert run.outcome.failure.message == 'Node 2 "Fail": no'
    assert isinstance(run.events[-1], JobFailed)


def test_a_failure_asks_threads_to_stop_and_waits_for_them() -> None:
    story: list[str] = []
    is_running = threading.Event()

    @node("Long", title="Long", category="test", occupies="io")
    def long(*, ctx: Context) -> int:
        """Work until asked to stop."""
        try:
            while True:
                is_running.set()
                ctx.check_cancelled()
                time.sleep(0.001)
        finally:
            story.append("stopped")

    def fail() -> None:
        is_running.wait(PATIENCE_SECONDS)
        raise ValueError("no")

    run = Bench(long, waiting_node("Fail", "cpu", fail)).run({**two("Fail"), "1": short("Long")})
    assert story == ["stopped"]
    assert run.outcome.failure is not None
    assert run.outcome.failure.node is not None
    assert run.outcome.failure.node.id == "2"


def test_nodes_that_finished_before_a_failure_are_told() -> None:
    def fail() -> None:
        raise ValueError("no")

    graph = {"1": short("Number", value=1), "2": short("Fail", value=["1", 0]), "3": short("Show", value=["2", 0])}
    run = Bench(waiting_node("Fail", "instant", fail)).run(graph)
    assert run.executed == ("1",)
    assert isinstance(run.events[-1], JobFailed)
    assert run.events[-1].executed == ("1",)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), StopIteration()])
def test_a_node_on_a_thread_cannot_end_the_process(error: BaseException) -> None:
    def leave() -> None:
        raise error

    run = Bench(waiting_node("Leave", "cpu", leave)).run(two("Leave"))
    assert run.outcome.failure is not None
    assert type(error).__name__ in run.outcome.failure.message


def test_cancelling_stops_a_running_node_within_one_step() -> None:
    cancel = threading.Event()

    @node("Sample", title="Sample", category="test", occupies="gpu", output=True)
    def sample(*, ctx: Context) -> None:
        """Take many steps."""
        for step in range(100_000):
            if step == 3:
                cancel.set()
            ctx.progress(step, 100_000)
            assert step <= 3

    run = Bench(sample).run({"1": short("Sample")}, cancel=cancel)
    assert run.outcome.status == "cancelled"
    assert isinstance(run.events[-1], JobCancelled)
    assert run.events[-1].node is not None
    assert run.events[-1].node.id == "1"


def test_cancelling_stops_waiting_coroutines() -> None:
    cancel = threading.Event()
    story: list[str] = []

    @node("Forever", title="Forever", category="test", output=True)
    async def forever() -> None:
        """Wait without end."""
        cancel.set()
        try:
            await asyncio.sleep(3600)
        finally:
            story.append("finally")

    assert Bench(forever).run({"1": short("Forever")}, cancel=cancel).outcome.status == "cancelled"
    assert story == ["finally"]


def test_cancelling_stops_between_nodes() -> None:
    cancel = threading.Event()
    graph = {"1": short("Stop", value=1), "2": short("Add", a=["1", 0], b=1), "3": short("Show", value=["2", 0])}
    run = Bench(waiting_node("Stop", "instant", cancel.set)).run(graph, cancel=cancel)
    assert run.outcome.status == "cancelled"
    assert run.executed == ("1",)


def test_a_job_that_was_cancelled_before_it_began_runs_nothing() -> None:
    cancel = threading.Event()
    cancel.set()
    run = Bench().run({"1": short("Show", value=1)}, cancel=cancel)
    assert run.outcome.status == "cancelled"
    assert run.executed == ()


def test_a_node_may_cancel_its_own_job() -> None:
    def interrupt() -> None:
        raise Cancelled("enough")

    assert Bench(waiting_node("Stop", "cpu", interrupt)).run(two("Stop")).outcome.status == "cancelled"


def test_cancelling_one_job_does_not_wait_for_another_one_on_the_same_lane() -> None:
    release, is_busy, cancel = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        is_busy.set()
        release.wait(PATIENCE_SECONDS)

    bench = Bench(waiting_node("Sample", "gpu", work))
    graphs = [bench.graph({"1": short("Sample", value=each), "2": short("Show", value=["1", 0])}) for each in (1, 2)]

    async def both() -> list[str]:
        first = asyncio.create_task(bench.executor.run("first", graphs[0], lambda _: None))
        while not is_busy.is_set():
            await asyncio.sleep(0.001)
        second = asyncio.create_task(bench.executor.run("second", graphs[1], lambda _: None, cancel=cancel))
        await asyncio.sleep(0.01)
        cancel.set()
        ends = [(await second).status]
        release.set()
        return [*ends, (await first).status]

    assert asyncio.run(both()) == ["cancelled", "succeeded"]


def test_a_run_that_is_itself_cancelled_leaves_nothing_running() -> None:
    story: list[str] = []

    @node("Forever", title="Forever", category="test", output=True)
    async def forever() -> None:
        """Wait without end."""
        try:
            await asyncio.sleep(3600)
        finally:
            story.append("finally")

    bench = Bench(forever)
    graph = bench.graph({"1": short("Forever")})

    async def abandon() -> None:
        task = asyncio.create_task(bench.executor.run("job", graph, lambda _: None))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(abandon())
    assert story == ["finally"]


def test_events_of_nodes_on_threads_come_in_order_on_the_event_loop() -> None:
    threads: set[int] = set()

    @node("Step", title="Step", category="test", occupies="io", output=True)
    def step(*, ctx: Context) -> None:
        """Take one step."""
        ctx.progress(1, 1, b"picture")

    bench = Bench(step)
    events: list[Event] = []

    def take(event: Event) -> None:
        threads.add(threading.get_ident())
        events.append(event)

    asyncio.run(bench.executor.run("job", bench.graph({"1": short("Step")}), take))
    assert threads == {threading.get_ident()}
    kinds = [event.kind for event in events]
    order = ["node_started", "node_progress", "node_preview", "node_finished"]
    assert [kind for kind in kinds if kind in order] == order


def test_an_emit_that_raises_ends_the_run_with_its_error() -> None:
    def broken(event: Event) -> None:
        if isinstance(event, NodeFinished):
            raise ConnectionError("nobody listens")

    bench = Bench(lanes=Lanes(cpu=1))
    with pytest.raises(ConnectionError):
        asyncio.run(bench.executor.run("job", bench.graph({"1": short("Show", value=1)}), broken))


def small_node(type_id: str, inputs: tuple[str, ...], outputs: tuple[str, ...], function: Any) -> Node:
    spec = NodeSpec(
        id=type_id, title=type_id, category="test", occupies="instant", is_output=not outputs,
        inputs=tuple(InputSpec(name=name, type="*") for name in inputs),
        outputs=tuple(OutputSpec(name=name, type="*") for name in outputs),
    )  # fmt: skip
    return Node(spec, function)


def test_values_are_dropped_after_their_last_use_unless_a_cache_keeps_them() -> None:
    class Big:
        pass

    made: list[weakref.ref[Big]] = []
    alive: list[int] = []

    def make() -> Big:
        big = Big()
        made.append(weakref.ref(big))
        return big

    def count(n: int) -> None:
        gc.collect()
        alive.append(sum(each() is not None for each in made))

    graph = {"1": short("Make"), "2": short("Use", big=["1", 0]), "3": short("Count", n=["2", 0])}
    nodes = (
        small_node("Make", (), ("big",), make),
        small_node("Use", ("big",), ("n",), lambda big: 1),
        small_node("Count", ("n",), (), count),
    )
    Bench(*nodes, tiers=[]).succeed(graph)
    assert alive == [0]
