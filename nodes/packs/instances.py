"""The objects that nodes of classic packs live in: one for each node of a graph, kept from run to run."""

import threading
from typing import Any

from graph.context import Context


class Instances:
    """Keeps one object of a class for each node id, as packs expect that remember things on `self`.

    An object is let go when a job comes whose graph does not have its node. Nodes inside an expansion belong to the
    node of the document that stands for them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_node: dict[tuple[type, str], tuple[str, Any]] = {}
        self._job: str | None = None

    def of(self, kind: type, ctx: Context) -> Any:  # an object of that class
        """The object in which the running node lives."""
        with self._lock:
            if ctx.job != self._job:
                self._job = ctx.job
                self._forget(ctx)
            key = kind, ctx.node
            known = self._by_node.get(key)
        if known is None:
            made = kind()  # outside of the lock: it is the code of the pack, and may take its time
            shown_by = ctx.running.display(ctx.node) if ctx.running is not None else ctx.node
            with self._lock:
                known = self._by_node.setdefault(key, (shown_by, made))
        return known[1]

    def _forget(self, ctx: Context) -> None:
        if ctx.prompt:
            self._by_node = {key: kept for key, kept in self._by_node.items() if kept[0] in ctx.prompt}
