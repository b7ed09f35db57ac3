"""Drives one job: begins what is ready, waits for what is not, and stops everything when something fails."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any

from graph.errors import Cancelled, NodeFailed
from graph.events import Failure
from graph.execution.calls import Call
from graph.execution.computing import Computed, compute, conclude, gather
from graph.execution.delivery import Delivery
from graph.execution.expanding import expand
from graph.execution.failures import failure_of, inputs_of
from graph.execution.house import Alarm, House, Request
from graph.execution.ledger import CircularWait, NodeState
from graph.execution.needs import ask

_POLL_SECONDS = 0.05
"""How often a waiting job looks whether it was cancelled."""
_TURN_SECONDS = 0.005
"""How long nodes may run on the event loop before others get a turn."""


class Job:
    """A running job. `run` executes it; afterwards `failure` and `is_cancelled` tell how it ended.

    Nodes that are `instant` run at once on the event loop, without a task of their own; all others are tasks, whose
    functions run on a lane or, if they are coroutines, on the event loop.
    """

    def __init__(self, house: House, request: Request, delivery: Delivery) -> None:
        self.failure: Failure | None = None
        self.is_cancelled = False
        self.current: str | None = None
        """The node that began last."""
        self._house = house
        self._request = request
        self._delivery = delivery
        self._ledger = delivery.ledger
        self._alarm = Alarm()
        self._ledger.on_change = self._alarm.ring
        self._has_ended = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_lanes: dict[asyncio.Future[Computed], Call] = {}

    async def run(self) -> None:
        """Execute until every target has its result, something fails or the job is cancelled.

        Whatever nodes raise ends in `failure`. Nothing of this job runs any more when this returns.
        """
        try:
            self._delivery.start()
            await self._drive()
        except NodeFailed as error:
            self._end(self._failure(error.node, error.__cause__ or error, None))
        except CircularWait as error:
            self._end(self._blame(error))
        finally:
            self._has_ended = True
            await self._clean_up()

    def is_stopped(self) -> bool:
        """Whether running nodes should come to an end."""
        return self._has_ended or self._request.is_cancelled()

    async def _drive(self) -> None:
        turn_ends = time.perf_counter() + _TURN_SECONDS
        while not self._has_ended:
            if self._request.is_cancelled():
                self.is_cancelled = True
                return
            state = self._ledger.next_ready()
            if state is not None:
                self._begin(state)
                if time.perf_counter() > turn_ends:
                    await asyncio.sleep(0)
                    turn_ends = time.perf_counter() + _TURN_SECONDS
            elif len(self._tasks) > self._ledger.latched:
                await self._alarm.wait(_POLL_SECONDS if self._request.cancel is not None else None)
                turn_ends = time.perf_counter() + _TURN_SECONDS
            elif self._tasks or self._ledger.unsettled:
                raise self._ledger.circle()
            else:
                return

    def _begin(self, state: NodeState) -> None:
        self.current = state.id
        if not state.type.is_inline:
            self._spawn(self._perform(state))
            return
        call: Call | None = None
        try:
            call = self._call(state)
            if not self._delivery.prepare(call):
                return
            computed = self._compute_here(call)
        except Exception as error:  # whatever the node raised is reported as its failure
            self._fail(state, call, error)
            return
        if computed.outputs is None:
            self._spawn(self._complete(state, call, computed))
        else:
            self._finish(call, computed)

    async def _perform(self, state: NodeState) -> None:
        """Run a node that takes its time: on a lane, as a coroutine, or with lazy inputs."""
        call: Call | None = None
        try:
            if state.type.has_lazy:
                await ask(self._delivery, state)
            call = self._call(state)
            if not self._delivery.prepare(call):
                return
            is_here = state.type.is_async or state.type.spec.occupies == "instant"
            computed = self._compute_here(call) if is_here else await self._compute_on_lane(call)
        except Exception as error:  # whatever the node raised is reported as its failure
            self._fail(state, call, error)
            return
        await self._complete(state, call, computed)

    async def _complete(self, state: NodeState, call: Call, computed: Computed) -> None:
        """Take what a call gave to its end: await it, run the graph that it stands for."""
        try:
            if computed.awaiting is not None:
                computed = conclude(call, await gather(call, computed.awaiting), computed.began, self._house)
            if computed.outputs is None:
                await expand(self._delivery, call, computed)
            else:
                self._finish(call, computed)
        except Exception as error:  # whatever the node raised is reported as its failure
            self._fail(state, call, error)

    def _call(self, state: NodeState) -> Call:
        return Call(state, self._delivery.inputs(state), self.is_stopped)

    def _compute_here(self, call: Call) -> Computed:
        if call.type.wants_context:
            call.context = self._delivery.context(call)
        self._delivery.announce(call)
        return compute(call, self._house)

    async def _compute_on_lane(self, call: Call) -> Computed:
        if call.type.wants_context:
            call.context = self._delivery.context(call)
        loop, announced = asyncio.get_running_loop(), threading.Event()

        def announce() -> None:
            try:
                self._delivery.announce(call)
            finally:
                announced.set()

        def work() -> Computed:
            call.is_running = True
            if self.is_stopped():
                raise Cancelled("The job was stopped.")
            loop.call_soon_threadsafe(announce)
            announced.wait()  # a node that takes the process with it at once must be known to have begun
            return compute(call, self._house)

        future = self._house.lanes.of(call.type.spec.occupies).call(call.state.priority, work)
        self._on_lanes[future] = call
        computed = await asyncio.shield(future)  # a thread cannot be cancelled: `_clean_up` waits for it
        del self._on_lanes[future]
        return computed

    def _finish(self, call: Call, computed: Computed) -> None:
        entry = self._delivery.finish(call, computed, computed.outputs or ())
        self._delivery.keep(call, entry)

    def _fail(self, state: NodeState, call: Call | None, error: Exception) -> None:
        """A node raised: end the job, unless it is ending already."""
        if self._has_ended:
            return
        if call is not None and call.meter is not None:
            call.meter.flush()
        self.current = state.id
        if isinstance(error, Cancelled):
            self.is_cancelled = True
            self._end(None)
        elif isinstance(error, NodeFailed):
            self._end(self._failure(error.node, error.__cause__ or error, None))
        else:
            self._end(self._failure(state.id, error, call))

    def _end(self, failure: Failure | None) -> None:
        self._has_ended = True
        self.failure = failure
        self._alarm.ring()

    def _failure(self, node_id: str, error: BaseException, call: Call | None) -> Failure:
        nodes = self._delivery.nodes
        inputs = inputs_of(call.inputs, call.index) if call is not None else {}
        return failure_of(error, nodes.get(node_id), nodes.ref(node_id), inputs)

    def _blame(self, error: CircularWait) -> Failure:
        """Nodes wait for each other: that is the fault of a node in the circle that expanded."""
        nodes = self._delivery.nodes
        expanded = [node_id for node_id in error.path if node_id in self._delivery.expanding]
        parents = [parent for node_id in error.path if (parent := nodes.parent(node_id)) is not None]
        blamed = next(iter((*expanded, *parents, *error.path)), None)
        if blamed is None:
            return Failure(reason="node_error", message=str(error))
        return self._failure(blamed, error, None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._retire)

    def _retire(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._alarm.ring()

    async def _clean_up(self) -> None:
        """Cancel coroutines and wait for them; wait for threads, which notice by themselves that the job has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        running = [future for future, call in self._on_lanes.items() if call.is_running]
        await asyncio.gather(*running, return_exceptions=True)
        for future in self._on_lanes:
            future.cancel()
        for each in ended:
            if isinstance(each, Exception):  # not a node's: those end in `failure`
                raise each
