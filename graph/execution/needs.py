"""Lazy inputs: evaluated only when the node asks for them."""

import inspect
from collections.abc import Iterable

from graph.execution.calls import Call
from graph.execution.delivery import Delivery
from graph.execution.ledger import NodeState


async def ask(delivery: Delivery, state: NodeState) -> None:
    """Ask the node which of its lazy inputs it needs, and have those evaluated, until it names nothing new.

    A node that is mapped over a list is asked for each element; what any of them needs is evaluated.
    """
    while True:
        call = Call(state, delivery.inputs(state), lambda: False)
        if call.type.tells_context:
            call.context = delivery.context(call)
        wanted = await _wanted(call)
        new = [
            name for name in state.node.links if name in wanted and name not in state.asked and _is_lazy(state, name)
        ]
        if not new:
            return
        feeders = [state.node.links[name] for name in new]
        delivery.ledger.revive(feeders)
        opened = delivery.ledger.need(state, [link.node for link in feeders])
        if opened is not None:
            await opened
        state.asked |= set(new)


async def _wanted(call: Call) -> set[str]:
    needs = call.type.node.needs
    wanted: set[str] = set()
    if needs is None:
        return wanted
    for index, blocker in enumerate(call.blockers):
        if blocker is not None:
            continue
        call.index = None if call.type.spec.takes_lists else index
        arguments = call.arguments(index)
        named = needs(call.context, **arguments) if call.type.tells_context else needs(**arguments)
        if inspect.isawaitable(named):
            named = await named
        wanted |= _names(named)
    return wanted


def _names(named: Iterable[str] | None) -> set[str]:
    """What a node named; it may name one input by itself, and values that are no names mean nothing."""
    if named is None:
        return set()
    if isinstance(named, str):
        return {named}
    return {each for each in named if isinstance(each, str)}


def _is_lazy(state: NodeState, name: str) -> bool:
    return state.is_asleep(name, state.type.shape.find(name))
