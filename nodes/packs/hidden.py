"""What nodes of packs are given without being linked to it: their id, the graph, the picture's metadata."""

from collections.abc import Mapping
from typing import Any

from graph.context import Context


class DynamicPrompt:
    """The graph as it runs, as packs look at it that build on the graph around them (`DYNPROMPT`)."""

    def __init__(self, ctx: Context) -> None:
        self._prompt = ctx.prompt
        self._running = ctx.running

    def has_node(self, node_id: str) -> bool:
        """Whether there is such a node, in the document or in an expansion."""
        return self._find(node_id) is not None

    def get_node(self, node_id: str) -> dict[str, Any]:
        """A node: `{"class_type": …, "inputs": {…}}`.

        Raises:
            KeyError: there is none.
        """
        found = self._find(node_id)
        if found is None:
            raise KeyError(f"There is no node {node_id} in the running graph.")
        return dict(found)

    def all_node_ids(self) -> set[str]:
        """The ids of the nodes of the document."""
        return set(self._prompt)

    def get_original_prompt(self) -> Mapping[str, Any]:
        """The graph as it was submitted."""
        return self._prompt

    def get_parent_node_id(self, node_id: str) -> str | None:
        """The node that expanded into this one."""
        return self._running.parent(node_id) if self._running is not None else None

    def get_display_node_id(self, node_id: str) -> str:
        """The node of the document by which this one is shown."""
        return self._running.display(node_id) if self._running is not None else node_id

    def get_real_node_id(self, node_id: str) -> str:
        """The node of the document from which this one came, through however many expansions."""
        while (parent := self.get_parent_node_id(node_id)) is not None:
            node_id = parent
        return node_id

    def _find(self, node_id: str) -> Mapping[str, Any] | None:
        found = self._running.node(node_id) if self._running is not None else None
        return found if found is not None else self._prompt.get(node_id)


def hidden_values(hidden: Mapping[str, str], ctx: Context) -> dict[str, Any]:
    """What a running node is given, by parameter. Keys of services on the internet are never there.

    Args:
        hidden: parameter -> what it is given.
        ctx: of the running node.
    """
    known = {
        "UNIQUE_ID": ctx.node,
        "PROMPT": ctx.prompt,
        "EXTRA_PNGINFO": ctx.extra.get("extra_pnginfo"),
        "DYNPROMPT": DynamicPrompt(ctx),
    }
    return {name: known.get(kind) for name, kind in hidden.items()}


def hidden_values_of(hidden: Mapping[str, str], node_id: str) -> dict[str, Any]:
    """What a node is given that does not run yet, but is asked about its inputs."""
    known: Mapping[str, Any] = {"UNIQUE_ID": node_id, "PROMPT": {}}
    return {name: known.get(kind) for name, kind in hidden.items()}
