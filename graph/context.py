"""What a running node may ask of the house: the service called `ctx`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graph.errors import Cancelled


class RunningGraph(Protocol):
    """The graph as it runs now: the nodes of the document, and those that expansions made."""

    def node(self, node_id: str) -> Mapping[str, Any] | None:
        """A node in the API shape, `{"class_type": …, "inputs": {…}}`; None if there is none."""
        ...

    def parent(self, node_id: str) -> str | None:
        """The node that expanded into this one; None for a node of the document."""
        ...

    def display(self, node_id: str) -> str:
        """The node of the document that stands for this one; the node itself, if it is in the document."""
        ...


@dataclass(slots=True)
class Context:
    """The running node's link to its job. A node that wants it declares a keyword-only parameter `ctx: Context`."""

    job: str = ""
    node: str = ""
    """The node's id in the running graph."""
    title: str = ""
    prompt: Mapping[str, Any] = field(default_factory=dict)
    """The execution graph of the job, in the API shape, as it was submitted."""
    document: Mapping[str, Any] | None = None
    """The whole document it came from, if there was one, for embedding into results."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Whatever the client sent along (`extra_data`)."""
    previews: str = "none"
    """How the client wants running pictures: `none`, `auto`, `latent2rgb` or `taesd`."""
    running: RunningGraph | None = None
    """For nodes that build on the graph around them, such as loops."""
    shown: dict[str, Any] = field(default_factory=dict)
    lock: Callable[[], Mapping[str, Any] | None] = lambda: None
    """Tells what the next file that the node saves depends on besides the graph (`graph.lock`), for embedding into it;
    None where nobody knows."""
    report: Callable[[float, float, bytes | None], None] = lambda value, maximum, preview: None
    is_cancelled: Callable[[], bool] = lambda: False

    @property
    def files_shown(self) -> int:
        """How many files it has shown so far."""
        return sum(isinstance(each, Mapping) and "filename" in each for kind in self.shown.values() for each in kind)

    def show(self, **ui: Any) -> None:
        """Show a result to people: lists of JSON by kind, such as `images=[{"filename": …}]` or `text=["…"]`."""
        for kind, entries in ui.items():
            self.shown.setdefault(kind, []).extend(entries)

    def progress(self, value: float, maximum: float, preview: bytes | None = None) -> None:
        """Tell that `value` of `maximum` steps are done, with an encoded picture of the work so far if there is one.

        Raises:
            Cancelled: the job was asked to stop.
        """
        self.check_cancelled()
        self.report(value, maximum, preview)

    def check_cancelled(self) -> None:
        """Stop here if the job was asked to stop.

        Raises:
            Cancelled: it was.
        """
        if self.is_cancelled():
            raise Cancelled("The job was cancelled.")
