"""What estimates graphs and holds them against a limit, for everybody who takes graphs."""

from graph.belonging import Belonging
from graph.estimates.judging import judge
from graph.estimates.machine import machine_bytes
from graph.estimates.memory import Estimate, estimate
from graph.estimates.weights import Weights
from graph.folders import Folders
from graph.topology import Graph
from graph.validation import Validated


class Estimator:
    """Estimates graphs. Safe to use from several threads.

    Args:
        folders: where models and pictures are.
        limit_bytes: how much memory a node may take: None is what this machine has, 0 is no limit.
    """

    def __init__(self, folders: Folders, limit_bytes: int | None = None) -> None:
        self._folders = folders
        self._weights = Weights()
        self._belonging = Belonging(folders)
        self.limit_bytes = machine_bytes() if limit_bytes is None else limit_bytes or None
        """How much memory a node may take; None if there is no limit."""

    def of(self, graph: Graph) -> Estimate:
        """What the nodes of a graph take. Blocks."""
        return estimate(graph, self._folders, self._weights)

    def judge(self, validated: Validated) -> Validated:
        """What of a valid graph can run: its models fit each other, and it fits into the limit. Blocks.

        See `graph.belonging` and `graph.estimates.judging.judge`.
        """
        validated = self._belonging.judge(validated)
        if validated.graph is None or self.limit_bytes is None:
            return validated
        return judge(validated, self.of(validated.graph), self.limit_bytes)
