"""Expansion: a node answers that it stands for a graph, which becomes part of the running one."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from graph.cache.entry import Ui
from graph.execution.calls import Call
from graph.execution.computing import Computed, digests_of
from graph.execution.delivery import Delivery
from graph.execution.lists import Spread, merge
from graph.execution.results import Answer
from graph.fingerprint import fingerprint
from graph.prompt import Built, build
from graph.tokens import change_tokens
from graph.topology import GraphNode, Link


async def expand(delivery: Delivery, call: Call, computed: Computed) -> None:
    """Run the graphs that a node expanded into, and take what their results link to as the node's own.

    When a node is mapped over a list, some of its runs may expand while others answer with values.

    Raises:
        InvalidWorkflow: a graph cannot run.
    """
    state, ledger = call.state, delivery.ledger
    is_complete = delivery.expanding[state.id] = asyncio.get_running_loop().create_future()
    answers: list[tuple[Any, ...]] = []
    children: list[GraphNode] = []
    for index, answer in enumerate(computed.answers or ()):
        if answer.graph is None:
            answers.append(answer.outputs)
            continue
        built = _build(delivery, call, index, answer)
        await _take_prints(delivery, built, answer)
        children += built.nodes
        answers.append(tuple(built.link(value, delivery.nodes.find) or value for value in answer.outputs))
    outputs_inside = [child.id for child in children if child.spec.is_output]
    for child_id in outputs_inside:
        ledger.demand(child_id, state.priority)
    links = [value for values in answers for value in values if isinstance(value, Link)]
    ledger.hold(links, state.priority)
    await _until(delivery, call, [link.node for link in links])
    resolved = [tuple(_resolved(delivery, value) for value in values) for values in answers]
    outputs = merge(resolved, state.type.spec.outputs)
    ledger.release(links)
    computed.digests = digests_of(outputs, delivery.house)
    entry = delivery.finish(call, computed, outputs)
    # Kept only when output nodes inside, however deep, have delivered too: a hit hides them.
    await _until(delivery, call, outputs_inside)
    inner = await _shown_inside(delivery, children)
    delivery.inner[state.id] = inner
    delivery.keep(call, replace(entry, inner=inner))
    is_complete.set_result(None)


def _build(delivery: Delivery, call: Call, index: int, answer: Answer) -> Built:
    nodes, parent = delivery.nodes, call.state.id
    call.index = None if call.type.spec.takes_lists else index
    built = build(
        answer.graph or {}, lambda child: nodes.below(parent, index, child), delivery.house.registry, nodes.find
    )
    nodes.add(built, parent)
    return built


async def _take_prints(delivery: Delivery, built: Built, answer: Answer) -> None:
    """Compute the keys of new nodes, and of nodes outside that nobody needed until now."""
    house, prints, graph = delivery.house, delivery.prints, delivery.nodes.graph
    linked = {link.node for node in built.nodes for link in node.links.values()}
    results = (built.link(value, delivery.nodes.find) for value in answer.outputs)
    linked |= {link.node for link in results if link is not None}
    outside = [node_id for node_id in linked if node_id in graph.nodes and node_id not in prints.keys]
    added = [graph.nodes[node_id] for node_id in graph.order_for(outside) if node_id not in prints.keys]
    nodes = (*added, *built.nodes)
    tokens = await change_tokens(nodes, house.registry)
    prints.update(fingerprint(nodes, tokens, house.surroundings, prints))


async def _until(delivery: Delivery, call: Call, node_ids: Iterable[str]) -> None:
    opened = delivery.ledger.need(call.state, node_ids)
    if opened is not None:
        await opened


def _resolved(delivery: Delivery, value: Any) -> Any:
    return Spread(delivery.elements(value)) if isinstance(value, Link) else value


async def _shown_inside(delivery: Delivery, children: Iterable[GraphNode]) -> tuple[tuple[str, Ui], ...]:
    """What output nodes show that are inside an expansion, however deep."""
    shown: list[tuple[str, Ui]] = []
    for child in children:
        if child.id in delivery.expanding:
            await delivery.expanding[child.id]
        if child.id in delivery.ui:
            shown.append((child.id, delivery.ui[child.id]))
        shown += delivery.inner.get(child.id, ())
    return tuple(shown)
