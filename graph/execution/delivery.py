"""Brings values to nodes and results to whoever waits for them: the caches, the ledger and the events of one job."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from graph.cache.entry import Elements, Entry, Found, Ui
from graph.context import Context
from graph.errors import DeclarationError, NodeFailed
from graph.events import NodeFinished, NodeLog, NodeRef, NodeSkipped, NodeStarted
from graph.execution.calls import Call
from graph.execution.comparing import key_of_content
from graph.execution.computing import Computed, digests_of
from graph.execution.house import House, Request
from graph.execution.ledger import Ledger, NodeState, Status
from graph.execution.lists import merge
from graph.execution.reporting import Meter, Reporter
from graph.execution.results import blocked
from graph.execution.running import RunningNodes
from graph.execution.shapes import shapes_of
from graph.explanation import Explainer
from graph.fingerprint import Fingerprints
from graph.lock import Saved, lock_of
from graph.plan import Plan
from graph.spec import Json
from graph.topology import Link


class Delivery:
    """The results of one job: where they come from, where they go.

    Args:
        house: what all jobs share.
        request: the job as it was asked for.
        nodes: the running graph.
        plan: what was found and what has to run.
        prints: the keys; grows with expansions.
        reporter: sends the job's events.
    """

    def __init__(
        self, house: House, request: Request, nodes: RunningNodes, plan: Plan, prints: Fingerprints, reporter: Reporter
    ) -> None:
        self.house = house
        self.nodes = nodes
        self.prints = prints
        self.reporter = reporter
        self.ledger = Ledger(self._state_of, self._recall)
        self.executed: list[str] = []
        self.done: set[str] = set()
        """Every node that has a result of its own, however it came by it."""
        self.ui: dict[str, Ui] = {}
        """What output nodes show, those inside expansions included."""
        self.inner: dict[str, tuple[tuple[str, Ui], ...]] = {}
        """What output nodes inside an expansion show, by the node that expanded."""
        self.expanding: dict[str, asyncio.Future[None]] = {}
        """The nodes that expanded; each future tells when all that is inside has delivered."""
        self._locks: dict[str, Mapping[str, Json]] = {}
        self._running_by_content: dict[str, NodeState] = {}
        self._request = request
        self._plan = replace(plan, hits={})
        self._hits = dict(plan.hits)  # what nodes need of it is dropped after its last use, like everything else
        self._order = {node_id: index for index, node_id in enumerate(plan.run)}
        self._explainer = Explainer(nodes.graph.nodes, prints, house.seen)

    def start(self) -> None:
        """Tell what was found, and ask for what the targets need."""
        for target in self._plan.targets:
            self.ledger.keep(target)
        for node_id in self._plan.lazy:
            for link in self.nodes.get(node_id).links.values():
                self.ledger.keep(link.node)
        for node_id, found in self._hits.items():
            self._show(node_id, found.entry)
        for target in self._plan.targets:
            self.ledger.demand(target)

    def results(self) -> dict[str, tuple[Elements, ...]]:
        """What the targets gave."""
        states = [self.ledger.state(target) for target in self._plan.targets]
        return {state.id: state.outputs for state in states if state.outputs is not None}

    def inputs(self, state: NodeState) -> dict[str, Elements]:
        """What has reached a node: elements by input. Lazy inputs that it has not asked for are None."""
        shape = state.type.shape
        inputs: dict[str, Elements] = {
            name: (value,) for name, value in state.node.literals.items() if shape.reaches(name)
        }
        for name, link, spec in shape.links(state.node):
            if spec is not None and spec.raw_link:
                inputs[name] = ([link.node, link.slot],)
            elif state.is_asleep(name, spec):
                inputs[name] = (None,)
            else:
                inputs[name] = self.elements(link)
        return inputs

    def prepare(self, call: Call) -> bool:
        """Whether a call has to be made.

        If not, the node is settled because it is blocked or its result is known by the content that reaches it; or it
        will be, by a running node that does the same.
        """
        state = call.state
        if call.is_blocked:
            self._skip(call)
            return False
        call.content = key_of_content(call, self.ledger, self.prints, self.house)
        if call.content is None:
            return True
        found = None if self._runs_again(state) else self.house.cache.find(call.content)
        if found is not None and self.house.is_there(state.node, found.entry):
            self._keep(state, found.entry, call.content)
            self._settle_found(state, found)
            self._release(state)
            return False
        leader = self._running_by_content.setdefault(call.content, state)
        if leader is not state:
            self.ledger.follow(state, leader)
        return leader is state

    def announce(self, call: Call) -> None:
        """Tell that a node begins to run."""
        state = call.state
        self.reporter.send(NodeStarted, node=self.ref(state), type=state.type.spec.id, reason=self._reason(state))
        for blocker in call.blockers:
            if blocker is not None and blocker.message is not None:
                self.reporter.send(NodeLog, node=self.ref(state), level="error", message=blocker.message)

    def context(self, call: Call) -> Context:
        """What a node may ask of the house while it runs."""
        node, graph = call.state.node, self.nodes.graph
        call.meter = Meter(self.reporter, self.ref(call.state))
        context = Context(
            job=self._request.job,
            node=node.id,
            title=node.title or node.spec.title,
            prompt=graph.prompt,
            document=graph.document,
            extra=self._request.extra,
            previews=self._request.previews,
            running=self.nodes,
            report=call.meter.report,
            is_cancelled=call.is_stopped,
        )
        context.lock = partial(self._lock, context)
        return context

    def finish(self, call: Call, computed: Computed, outputs: tuple[Elements, ...]) -> Entry:
        """A node has run: tell it, and hand its result to whoever waits for it."""
        state = call.state
        entry = Entry(outputs, computed.ui, computed.seconds, computed.digests)
        if call.meter is not None:
            call.meter.flush()
        self.executed.append(state.id)
        self._note(state.id, entry)
        size = {"nbytes": self.house.codecs.nbytes(outputs), "shapes": shapes_of(outputs)}
        self.reporter.send(NodeFinished, node=self.ref(state), seconds=computed.seconds, ui=entry.ui, **size)
        if call.content is not None:
            self._running_by_content.pop(call.content, None)
        self._settle(state, outputs, computed.digests, entry)
        self._release(state)
        return entry

    def keep(self, call: Call, entry: Entry) -> None:
        """Put a result into the caches, under each key that it has."""
        self._keep(call.state, entry, call.content)

    def _keep(self, state: NodeState, entry: Entry, content: str | None) -> None:
        if state.id not in self.prints.volatile:
            self.house.cache.put(state.key, entry, content)
        elif content is not None:
            self.house.cache.put(content, entry)

    def ref(self, state: NodeState) -> NodeRef:
        """How events name a node."""
        return self.nodes.ref(state.id)

    def _lock(self, context: Context) -> Mapping[str, Json]:
        """What the next file of a running node depends on besides the graph."""
        if context.node not in self._locks:
            saved = Saved(context.node, self.nodes.display(context.node), 0)
            graph, house = self.nodes.graph, self.house
            lock = lock_of(graph, self.prints.files, house.environment(), saved, house.files_beside)
            self._locks[context.node] = lock
        return {**self._locks[context.node], "number": context.files_shown}

    def _state_of(self, node_id: str, priority: int) -> NodeState:
        node = self.nodes.get(node_id)
        try:
            node_type = self.house.types.of(node.spec.id)
        except DeclarationError as error:
            raise NodeFailed(node_id, node.spec.id, str(error)) from error
        return NodeState(node, node_type, self.prints.keys[node_id], self._order.get(node_id, priority))

    def _recall(self, state: NodeState) -> bool:
        """Settle a node whose result is at hand: found by the plan, or in a cache by now."""
        found = self._hits.pop(state.id, None)
        if found is not None:
            self.done.add(state.id)
            self.ledger.settle(state, found.entry.outputs, found.entry.digests)
            return True
        if state.id in self._order and state.id not in self.done:
            return False  # the plan has looked already
        is_new = state.id in self.prints.volatile or self._runs_again(state)
        found = None if is_new else self.house.cache.find(state.key)
        if found is None or not self.house.is_there(state.node, found.entry):
            return False
        self._settle_found(state, found)
        return True

    def _runs_again(self, state: NodeState) -> bool:
        """Whether a node runs whatever is known of it: it was asked to, or the node that expanded into it was."""
        again = self._plan.again
        return bool(again) and (state.id in again or self.nodes.display(state.id) in again)

    def _settle_found(self, state: NodeState, found: Found) -> None:
        """A node that was not in the plan's list of found results turns out to have one."""
        if state.id not in self.done:
            self.reporter.send(NodeFinished, node=self.ref(state), cached=True, ui=found.entry.ui)
            self._show_inner(state.id, found.entry)
            self._note(state.id, found.entry)
        self._settle(state, found.entry.outputs, found.entry.digests, found.entry)

    def _settle(
        self, state: NodeState, outputs: tuple[Elements, ...], digests: tuple[str | None, ...], entry: Entry | None
    ) -> None:
        """Give a node, and the nodes with the same key, their result."""
        twins, state.twins = state.twins, None
        self.ledger.settle(state, outputs, digests)
        for twin in twins or ():
            if entry is None:
                self.reporter.send(NodeSkipped, node=self.ref(twin))
            else:
                self.reporter.send(NodeFinished, node=self.ref(twin), cached=True, ui=entry.ui)
                self._note(twin.id, entry)
                if twin.key != state.key:
                    self._keep(twin, entry, None)
            had_inputs = twin.status is Status.RUNNING
            self._settle(twin, outputs, digests, entry)
            if had_inputs:
                self._release(twin)

    def _skip(self, call: Call) -> None:
        """A node does not run: blockers reached every run of it, or a list without elements did."""
        state = call.state
        messages = [blocker.message for blocker in call.blockers if blocker is not None and blocker.message]
        self.reporter.send(NodeSkipped, node=self.ref(state), message=messages[0] if messages else None)
        answers = [blocked(state.type.node).outputs] * call.count
        outputs = merge(answers, state.type.spec.outputs)
        self._settle(state, outputs, digests_of(outputs, self.house), None)
        self._release(state)

    def _release(self, state: NodeState) -> None:
        self.ledger.release(link for _, link, _ in state.type.shape.links(state.node))

    def elements(self, link: Link) -> Elements:
        """What a link leads to."""
        outputs = self.ledger.state(link.node).outputs
        if outputs is None:
            raise NodeFailed(link.node, "", f"The result of node {link.node} is gone.")
        return outputs[link.slot]

    def _reason(self, state: NodeState) -> str:
        planned = self._plan.reasons.get(state.id)
        if planned is not None:
            return planned
        parent = self.nodes.parent(state.id)
        return f"node {parent} expanded into it" if parent is not None else self._explainer.reason(state.id)

    def _note(self, node_id: str, entry: Entry) -> None:
        self.done.add(node_id)
        if entry.ui is not None:
            self.ui[node_id] = entry.ui

    def _show(self, node_id: str, entry: Entry) -> None:
        """Tell again what a result that the plan found shows."""
        if entry.ui is not None:
            self.ui[node_id] = entry.ui
            self.reporter.send(NodeFinished, node=self.nodes.ref(node_id), cached=True, ui=entry.ui)
        self._show_inner(node_id, entry)

    def _show_inner(self, node_id: str, entry: Entry) -> None:
        """Tell again what output nodes inside the expansion of a found result show."""
        if not entry.inner:
            return
        display = self.nodes.display(node_id)
        self.inner[node_id] = entry.inner
        for inner_id, ui in entry.inner:
            self.ui[inner_id] = ui
            ref = NodeRef(id=inner_id, display=display, parent=node_id)
            self.reporter.send(NodeFinished, node=ref, cached=True, ui=ui)
