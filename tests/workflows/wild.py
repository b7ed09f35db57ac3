"""Judges workflows that people published: which run to their end, and for what reason the others cannot.

`python -m tests.workflows.wild FOLDER` prints the table. What runs is made small first (`shrinking`), and stand-ins of
a few thousand weights lie where the workflows name models and pictures (`naming`, `standins`).
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import Problem
from graph.validation.core_types import comfy_core_types
from tests.workflows.naming import Nodes
from tests.workflows.running import House, Ran
from tests.workflows.shrinking import shrunk


@dataclass(frozen=True)
class Verdict:
    """What is said of one workflow.

    Attributes:
        nodes: with stand-ins where they name files.
        problems: what validation found.
        ran: what became of the outputs that are valid; None if there are none, or no stand-in is there.
    """

    nodes: Nodes
    problems: tuple[Problem, ...]
    missing: tuple[str, ...] = ()
    """Files that have no stand-in."""
    ran: Ran | None = None

    @property
    def unknown(self) -> dict[str, Problem]:
        """The problems with node types that are not known, by the id of the node."""
        return {str(each.node): each for each in self.problems if each.code == "unknown_node_type"}

    @property
    def kind(self) -> str:
        """The verdict in a few words."""
        if self.unknown:
            is_core = all(each.details["is_comfy_core"] for each in self.unknown.values())
            return "refused: needs nodes of the core that are not here" if is_core else "refused: needs node packs"
        if self.missing:
            return "validates only: no stand-in for its files"
        if self.ran is None:
            return "refused for its own faults"
        if not self.ran.is_done:
            return "FAILED while it ran"
        return "runs, but for an output with a fault of its own" if self.problems else "runs"


def nodes_of(path: Path) -> Nodes:
    """The nodes of a file; some hold notes under other keys."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return {key: node for key, node in data.items() if isinstance(node, dict) and "class_type" in node}


def judge(nodes: Nodes, house: House) -> Verdict:
    """Validate a graph, and run what of it is valid."""
    furnished, lacking = house.furnish(nodes)
    validated = house.validate(furnished)
    is_runnable = validated.graph is not None and not lacking
    ran = house.run(shrunk(furnished, house.catalogue)) if is_runnable else None
    return Verdict(furnished, validated.problems, tuple(lacking), ran)


def _report(folder: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as place:
        house = House(Path(place))
        verdicts = {path.stem: judge(nodes_of(path), house) for path in sorted(folder.glob("*.json"))}
    for name, each in verdicts.items():
        why = [*each.missing, *sorted({str(problem.value) for problem in each.unknown.values()})]
        told = each.ran.told if each.ran is not None else ""
        yield f"{name}  {each.kind}  {', '.join(why)}{told}"
    yield ""
    for kind, count in Counter(each.kind for each in verdicts.values()).most_common():
        yield f"{count:5}  {kind}"
    wanted = Counter(
        str(value) for each in verdicts.values() for value in {problem.value for problem in each.unknown.values()}
    )
    yield "\nnode types that are missing, by the number of workflows that use them:"
    for type_id, count in wanted.most_common(25):
        yield f"{count:5}  {type_id}{' (core)' if type_id in comfy_core_types() else ''}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(_report(Path(sys.argv[1]))) + "\n")
