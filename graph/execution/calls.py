"""Calling a node's function: once for each element of its inputs, with the services it wants."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from graph.context import Context
from graph.errors import Cancelled
from graph.execution.ledger import NodeState
from graph.execution.lists import Inputs, blocker_among, element, element_count, whole
from graph.execution.reporting import Meter
from graph.execution.results import Answer, answer_of, blocked
from graph.execution.types import NodeType
from graph.values import Blocker


class Call:
    """One node with the inputs that have reached it, ready to be called."""

    __slots__ = (
        "blockers",
        "content",
        "context",
        "count",
        "index",
        "inputs",
        "is_running",
        "is_stopped",
        "meter",
        "state",
    )

    def __init__(self, state: NodeState, inputs: Inputs, is_stopped: Callable[[], bool]) -> None:
        self.state = state
        self.inputs = inputs
        self.content: str | None = None
        """The key of this call by the content that reaches it."""
        self.context: Context | None = None
        self.meter: Meter | None = None
        self.is_running = False
        """Whether a thread has taken it up."""
        self.is_stopped = is_stopped
        self.index: int | None = None
        """The element that is being worked on; None where the node takes whole lists."""
        if self.type.spec.takes_lists:
            self.count = 1
            together = {name: _first_blocker(elements) for name, elements in inputs.items()}
            self.blockers = [blocker_among(together)]
        else:
            self.count = element_count(inputs)
            self.blockers = [blocker_among(element(inputs, index)) for index in range(self.count)]

    @property
    def type(self) -> NodeType:
        """The type of the node."""
        return self.state.type

    @property
    def is_blocked(self) -> bool:
        """Whether blockers keep every run from happening, or there is nothing to run for."""
        return all(blocker is not None for blocker in self.blockers)

    def run(self) -> list[Any]:
        """Call the function for each element, one after the other; what it returns may have to be awaited."""
        returned: list[Any] = []
        try:
            for index, blocker in enumerate(self.blockers):
                if self.is_stopped():
                    raise Cancelled("The job was stopped.")
                returned.append(self._call(index) if blocker is None else blocked(self.type.node))
        except BaseException:
            for each in returned:
                if inspect.iscoroutine(each):
                    each.close()
            raise
        return returned

    def answers(self, returned: list[Any]) -> list[Answer]:
        """What the returned values mean.

        Raises:
            ValueError: they do not fit the declared outputs.
        """
        return [each if type(each) is Answer else answer_of(self.type.node, each) for each in returned]

    def arguments(self, index: int) -> dict[str, Any]:
        """The inputs of one run, by the function's parameters."""
        takes_lists = self.type.spec.takes_lists
        values = whole(self.inputs) if takes_lists else element(self.inputs, index)
        return self.type.shape.arguments(values, self.type.node.variants)

    def _call(self, index: int) -> Any | Awaitable[Any]:
        self.index = None if self.type.spec.takes_lists else index
        arguments = self.arguments(index)
        arguments.update(self.type.services)
        if self.type.takes_context_first:
            return self.type.node.function(self.context, **arguments)
        if self.context is not None:
            arguments["ctx"] = self.context
        return self.type.node.function(**arguments)


def _first_blocker(elements: tuple[Any, ...]) -> Blocker | None:
    return next((each for each in elements if type(each) is Blocker), None)
