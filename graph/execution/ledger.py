"""The books of a running job: which nodes wait for which, what has a result, and who still needs it."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum

from graph.cache.entry import Elements
from graph.errors import LatentloomError
from graph.execution.types import NodeType
from graph.spec import InputSpec
from graph.topology import GraphNode, Link


class Status(Enum):
    """How far a node is."""

    IDLE = 0  # nobody has asked for it
    WAITING = 1  # for what feeds it
    READY = 2  # to run
    RUNNING = 3
    DONE = 4


class NodeState:
    """One node of the running job."""

    __slots__ = (
        "asked", "awaited", "digests", "id", "key", "node", "outputs", "pending", "priority", "status", "twins", "type",
        "uses", "waiters",
    )  # fmt: skip

    def __init__(self, node: GraphNode, node_type: NodeType, key: str, priority: int) -> None:
        self.id = node.id
        self.node = node
        self.type = node_type
        self.key = key
        self.priority = priority
        self.status = Status.IDLE
        self.pending = 0
        self.uses = 0
        self.outputs: tuple[Elements, ...] | None = None
        self.digests: tuple[str | None, ...] = ()
        self.waiters: list[NodeState | Latch] | None = None
        self.twins: list[NodeState] | None = None
        """Nodes that do the same: they take this one's result."""
        self.asked: frozenset[str] = frozenset()
        """Lazy inputs that the node has asked for."""
        self.awaited: tuple[str, ...] = ()
        """Nodes that it waits for beside its inputs: lazy inputs, results of its expansion, its leader as a twin."""

    def is_asleep(self, name: str, spec: InputSpec | None) -> bool:
        """Whether an input is lazy and the node has not asked for it."""
        return self.type.has_lazy and spec is not None and spec.lazy and name not in self.asked


class Latch:
    """Opens when a number of nodes have their results."""

    __slots__ = ("future", "owner", "pending")

    def __init__(self, owner: NodeState) -> None:
        self.owner = owner
        self.pending = 0
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class CircularWait(LatentloomError):
    """Nodes wait for each other in a circle; `path` names them, each waiting for the next."""

    def __init__(self, path: list[str]) -> None:
        super().__init__(f"Nodes wait for each other in a circle: {' -> '.join(path)}.")
        self.path = path


class Ledger:
    """Knows what each node waits for; hands out what is ready, in order of priority.

    Args:
        state_of: makes the state of a node when it is first named; receives the id and a priority.
        recall: whether a node's result is at hand; if so it settles the node.
    """

    def __init__(
        self,
        state_of: Callable[[str, int], NodeState],
        recall: Callable[[NodeState], bool],
    ) -> None:
        self._state_of = state_of
        self._recall = recall
        self._states: dict[str, NodeState] = {}
        self._leader_by_key: dict[str, NodeState] = {}
        self._ready: list[tuple[int, int, NodeState]] = []
        self._count = itertools.count()
        self.on_change: Callable[[], None] = _nobody_waits
        """Called when a node becomes ready, or a running one waits for others."""
        self.unsettled = 0
        self.latched = 0
        """How many running nodes wait for others."""

    def state(self, node_id: str, priority: int = 0) -> NodeState:
        """The state of a node."""
        state = self._states.get(node_id)
        if state is None:
            state = self._states[node_id] = self._state_of(node_id, priority)
        return state

    def keep(self, node_id: str) -> None:
        """Keep the result of a node until the job ends."""
        self.state(node_id).uses += 1

    def demand(self, node_id: str, priority: int = 0) -> NodeState:
        """See to it that a node gets a result, and everything that it needs for that."""
        wanted = self.state(node_id, priority)
        stack = [wanted]
        while stack:
            state = stack.pop()
            if state.status is not Status.IDLE or self._recall(state):
                continue
            self.unsettled += 1
            state.status = Status.WAITING
            leader = self._leader_by_key.setdefault(state.key, state)
            if leader is not state and leader.status is not Status.DONE:
                self.follow(state, leader)
                stack += self._twins_above(state)
                continue
            self._leader_by_key[state.key] = state
            self._await_feeders(state, stack)
        return wanted

    def follow(self, state: NodeState, leader: NodeState) -> None:
        """Let a node take the result of another one, which does the same."""
        leader.twins = leader.twins or []
        leader.twins.append(state)
        state.awaited = (leader.id,)

    def need(self, owner: NodeState, node_ids: Iterable[str]) -> "asyncio.Future[None] | None":
        """Demand nodes for a running node; the future tells when all have results, None that they have already."""
        latch = Latch(owner)
        awaited = tuple(dict.fromkeys(node_ids))
        for node_id in awaited:
            state = self.demand(node_id, owner.priority)
            if state.status is not Status.DONE:
                latch.pending += 1
                state.waiters = state.waiters or []
                state.waiters.append(latch)
        if latch.pending == 0:
            return None
        owner.awaited = awaited
        self.latched += 1
        self.on_change()
        return latch.future

    def hold(self, links: Sequence[Link], priority: int = 0) -> None:
        """A running node wants these values: they are kept, or computed again, until it releases them."""
        for link in links:
            self.state(link.node, priority).uses += 1
        self.revive(links)

    def revive(self, links: Iterable[Link]) -> None:
        """Have nodes whose values were dropped deliver them once more, when they are next needed."""
        for link in links:
            self._revive(self.state(link.node))

    def settle(self, state: NodeState, outputs: tuple[Elements, ...], digests: tuple[str | None, ...]) -> None:
        """A node has its result: whoever waits only for it may go on."""
        if state.status is not Status.IDLE:
            self.unsettled -= 1
        state.status = Status.DONE
        state.outputs = outputs if state.uses or not outputs else None
        state.digests = digests
        state.awaited = ()
        waiters, state.waiters = state.waiters, None
        for waiter in waiters or ():
            waiter.pending -= 1
            if waiter.pending == 0:
                self._wake(waiter)

    def release(self, links: Iterable[Link]) -> None:
        """A node no longer needs these values; what nobody else needs is dropped."""
        for link in links:
            feeder = self._states[link.node]
            feeder.uses -= 1
            if feeder.uses == 0 and feeder.outputs:
                feeder.outputs = None

    def next_ready(self) -> NodeState | None:
        """The most urgent node that has all it needs; None if there is none now."""
        if not self._ready:
            return None
        state = heapq.heappop(self._ready)[2]
        state.status = Status.RUNNING
        return state

    def circle(self) -> CircularWait:
        """Why nothing goes on although nodes wait: the circle in which they wait for each other."""
        waiting = [state for state in self._states.values() if state.status in (Status.WAITING, Status.RUNNING)]
        follows = {state.id: self._waits_for(state) for state in waiting}
        checked: set[str] = set()
        for start in follows:
            path: dict[str, Iterator[str]] = {}
            stack = [start] if start not in checked else []
            while stack:
                node_id = stack[-1]
                if node_id not in path:
                    path[node_id] = iter(follows.get(node_id, ()))
                following = next((each for each in path[node_id] if each not in checked), None)
                if following is None:
                    checked.add(stack.pop())
                    del path[node_id]
                elif following in path:
                    return CircularWait([*stack[stack.index(following) :], following])
                else:
                    stack.append(following)
        return CircularWait([])

    def _await_feeders(self, state: NodeState, stack: list[NodeState]) -> None:
        """Count the results that a node waits for, and put the nodes without one on the stack."""
        for name, link, spec in state.type.shape.links(state.node):
            feeder = self.state(link.node, state.priority)
            feeder.uses += 1
            if state.is_asleep(name, spec):
                continue
            self._revive(feeder)
            if feeder.status is Status.DONE:
                continue
            state.pending += 1
            feeder.waiters = feeder.waiters or []
            feeder.waiters.append(state)
            stack.append(feeder)
        if state.pending == 0:
            self._wake(state)

    def _twins_above(self, state: NodeState) -> list[NodeState]:
        """The nodes that feed a twin: they are twins themselves, and get their results to show that they are done."""
        feeders = [self.state(link.node, state.priority) for _, link, _ in state.type.shape.links(state.node)]
        leaders = [self._leader_by_key.get(feeder.key) for feeder in feeders]
        return [
            feeder
            for feeder, leader in zip(feeders, leaders, strict=True)
            if leader is not None and leader is not feeder and leader.status is not Status.DONE
        ]

    def _revive(self, state: NodeState) -> None:
        if state.status is Status.DONE and state.outputs is None:
            state.status = Status.IDLE

    def _wake(self, waiter: "NodeState | Latch") -> None:
        if isinstance(waiter, Latch):
            self.latched -= 1
            waiter.owner.awaited = ()
            if not waiter.future.done():
                waiter.future.set_result(None)
            return
        waiter.status = Status.READY
        heapq.heappush(self._ready, (waiter.priority, next(self._count), waiter))
        self.on_change()

    def _waits_for(self, state: NodeState) -> list[str]:
        if state.awaited or state.status is Status.RUNNING:
            return list(state.awaited)
        links = state.type.shape.links(state.node)
        return [link.node for name, link, spec in links if not state.is_asleep(name, spec)]


def _nobody_waits() -> None:
    """Where nothing has to be woken."""
