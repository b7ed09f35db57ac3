"""What a conversion says about what it did: one sentence per node that is not carried over as it was."""

from dataclasses import dataclass, field
from typing import Literal

from graph.workflow import Workflow

Severity = Literal["info", "warning", "error"]
"""`info`: it is written differently here and means the same. `warning`: it may mean something else; look at it.
`error`: something was lost from what runs; do what the sentence says."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about a conversion that somebody should know."""

    severity: Severity
    message: str
    node: str | None = None
    """The node that it is about; None for the whole file."""
    subgraph: str | None = None
    """The definition that holds the node; None for the file's own graph."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A workflow that was read from another format, with what there is to say about it."""

    workflow: Workflow
    notes: tuple[Note, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything that runs was carried over."""
        return not any(each.severity == "error" for each in self.notes)


@dataclass(slots=True)
class Report:
    """Collects notes while a file is being converted, each once."""

    notes: dict[Note, None] = field(default_factory=dict)

    def tell(self, severity: Severity, message: str, node: str | None = None, subgraph: str | None = None) -> None:
        """Note something."""
        self.notes[Note(severity, message, node, subgraph)] = None
