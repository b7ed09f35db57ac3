"""The front of execution: plan a graph, run it, tell what happened."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from graph.cache.codecs import Codecs
from graph.cache.entry import Cache
from graph.cache.seen import Seen
from graph.cache.tiers import Tiers
from graph.events import JobCancelled, JobFailed, JobStarted, JobSucceeded, NodesCached
from graph.execution.delivery import Delivery
from graph.execution.house import CancelToken, House, Outcome, Request
from graph.execution.job import Job
from graph.execution.lanes import Lanes
from graph.execution.reporting import Emit, Reporter
from graph.execution.running import RunningNodes
from graph.execution.shapes import shapes_of
from graph.execution.types import NodeTypes
from graph.explanation import note_sightings
from graph.fingerprint import Fingerprints, Surroundings, fingerprint
from graph.lock import Environment, FilesBeside
from graph.plan import IsValid, Plan, Planner, plan
from graph.registry import Registry
from graph.tokens import change_tokens
from graph.topology import Graph

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Executor:
    """Runs graphs and never computes the same thing twice. One per worker; jobs may run at the same time.

    Args:
        registry: the node types with their code.
        cache: where results are kept; None keeps nothing.
        services: what nodes may ask of the house, by the name of their keyword-only parameter. `ctx` is always there.
        codecs: how values are compared; the same that the cache uses.
        lanes: the threads that nodes run on.
        surroundings: files, device and precision, as far as they belong into keys.
        is_valid: whether the result of an output node is still there (its files exist, where they are wanted).
        seen: what earlier keys were made of, to explain misses.
        environment: tells what computes here, for the locks of results; asked when a lock is.
        files_beside: tells which files nodes read though no input names them, for the locks of results.
    """

    def __init__(
        self,
        registry: Registry,
        cache: Cache | None = None,
        services: Mapping[str, object] = _NOTHING,
        *,
        codecs: Codecs | None = None,
        lanes: Lanes | None = None,
        surroundings: Surroundings | None = None,
        is_valid: IsValid | None = None,
        seen: Seen | None = None,
        environment: Callable[[], Environment] = Environment,
        files_beside: FilesBeside = lambda node: {},
    ) -> None:
        codecs = codecs if codecs is not None else Codecs()
        given = surroundings if surroundings is not None else Surroundings()
        self._house = House(
            registry=registry,
            types=NodeTypes(registry, services),
            cache=cache if cache is not None else Tiers(),
            codecs=codecs,
            seen=seen if seen is not None else Seen(),
            lanes=lanes if lanes is not None else Lanes(),
            surroundings=Surroundings(given.digest_of_file, given.salt, given.digest or codecs.digest),
            is_valid=is_valid,
            environment=environment,
            files_beside=files_beside,
        )

    async def plan(self, graph: Graph) -> Plan:
        """What would run for the targets of `graph`, what is cached, and why not."""
        return self._plan(graph, await self._fingerprint(graph), ())

    async def run(
        self,
        job: str,
        graph: Graph,
        emit: Emit,
        *,
        extra: Mapping[str, Any] = _NOTHING,
        previews: str = "none",
        cancel: CancelToken | None = None,
        rerun: Collection[str] = (),
    ) -> Outcome:
        """Run a graph for its targets, and tell its story through `emit`, which is called on this event loop.

        Args:
            job: the id that events carry.
            graph: what to run.
            emit: receives every event; the last is `JobSucceeded`, `JobFailed` or `JobCancelled`.
            extra: what the client sent along, for nodes that want it.
            previews: how the client wants pictures of running nodes.
            cancel: set from any thread to stop the job within one step of the running nodes.
            rerun: nodes that are to run, with all that follows from them, though their results may be known.
        """
        began = time.perf_counter()
        prints = await self._fingerprint(graph)
        self._house.cache.begin(prints.keys.values())
        planned = self._plan(graph, prints, rerun)
        reporter, nodes = Reporter(job, emit), RunningNodes(graph)
        request = Request(job, extra, previews, cancel)
        delivery = Delivery(self._house, request, nodes, planned, prints, reporter)
        running = Job(self._house, request, delivery)
        reporter.send(JobStarted, nodes=len(planned.run) + len(planned.cached) + len(planned.lazy))
        tiers = {node_id: found.tier for node_id, found in planned.hits.items()}
        shapes = {name: shape for name, found in planned.hits.items() if (shape := shapes_of(found.entry.outputs))}
        planned = replace(planned, hits={})  # the values are the delivery's now
        reporter.send(NodesCached, nodes=planned.cached, tiers=tiers, shapes=shapes)
        await running.run()
        note_sightings(graph.nodes, prints, self._house.seen, frozenset(delivery.done).union(planned.cached))
        outcome = _outcome(running, delivery, planned, time.perf_counter() - began)
        if outcome.status == "cancelled":  # nobody waits for a disk then
            _tell_end(outcome, running, delivery, reporter)
            await self._flush()
        else:
            await self._flush()
            _tell_end(outcome, running, delivery, reporter)
        return outcome

    def _plan(self, graph: Graph, prints: Fingerprints, rerun: Collection[str]) -> Plan:
        house = self._house
        return plan(graph, prints, Planner(house.registry, house.cache, house.seen, house.is_valid), rerun)

    async def _fingerprint(self, graph: Graph) -> Fingerprints:
        nodes = [graph.nodes[node_id] for node_id in graph.order_for(graph.targets)]
        tokens = await change_tokens(nodes, self._house.registry)
        if any(each.files for spec in {node.spec.id: node.spec for node in nodes}.values() for each in spec.inputs):
            # Files may have to be read for their digests, which takes seconds for large ones.
            return await self._house.lanes.of("io").call(
                0, lambda: fingerprint(nodes, tokens, self._house.surroundings)
            )
        return fingerprint(nodes, tokens, self._house.surroundings)

    async def _flush(self) -> None:
        """Wait until what is to outlive this process is written."""
        house = self._house
        if not house.seen.is_saved:
            await house.lanes.of("io").call(0, house.seen.save)
        if house.cache.outlives_process:
            await house.lanes.of("io").call(0, house.cache.flush)


def _outcome(running: Job, delivery: Delivery, planned: Plan, seconds: float) -> Outcome:
    status = "cancelled" if running.is_cancelled else "failed" if running.failure is not None else "succeeded"
    return Outcome(
        status=status,  # type: ignore[arg-type]  # one of the three words, which inference widens to str
        executed=tuple(delivery.executed),
        cached=planned.cached,
        seconds=seconds,
        outputs=delivery.results() if status == "succeeded" else {},
        ui=delivery.ui,
        failure=running.failure,
    )


def _tell_end(outcome: Outcome, running: Job, delivery: Delivery, reporter: Reporter) -> None:
    if outcome.status == "cancelled":
        node = delivery.nodes.ref(running.current) if running.current is not None else None
        reporter.send(JobCancelled, node=node, executed=outcome.executed)
    elif outcome.failure is not None:
        reporter.send(JobFailed, failure=outcome.failure, executed=outcome.executed)
    else:
        reporter.send(JobSucceeded, seconds=outcome.seconds, executed=outcome.executed)
