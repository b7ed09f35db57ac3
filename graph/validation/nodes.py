"""Checks one node after another: its type, its values, its links; what is right becomes a `GraphNode`."""

from collections.abc import Mapping
from typing import Any

from graph.errors import Problem, ProblemCode
from graph.inlining import Flat
from graph.links import read_link
from graph.registry import Catalogue
from graph.spec import Json
from graph.suggest import Suggester
from graph.topology import GraphNode, Link
from graph.validation import wording
from graph.validation.checks import AllChecks, InputCheck, Need, TypeChecks
from graph.validation.values import Choices, Folders, Refused

_NOTHING: Mapping[str, Json] = {}


class NodeChecker:
    """Checks the nodes of one graph and collects what is wrong with them."""

    def __init__(self, flat: Flat, catalogue: Catalogue, choices: Choices) -> None:
        self.suggester = Suggester()
        self.problems: list[Problem] = []
        self._nodes = flat.nodes
        self._flat = flat
        self._catalogue = catalogue
        self._types = wording.TypeNames(catalogue, self.suggester)
        self._ids = tuple(flat.nodes)
        self.checks = AllChecks(catalogue, Folders(choices), self.suggester)

    def checks_of(self, node: Mapping[str, Json]) -> TypeChecks | None:
        """What the type of a node demands; None if the type is not known."""
        return self.checks.of(node.get("class_type", ""))

    def check(self, node_id: str) -> tuple[GraphNode | None, Mapping[str, Link]]:
        """A node as it will run, or None if something is wrong with it; and its links, to go on with."""
        node = self._nodes[node_id]
        before = len(self.problems)
        self.problems += self._flat.problems.get(node_id, ())
        checks = self.checks_of(node)
        if checks is None:
            if len(self.problems) == before:
                self.problems.append(self._types.problem(node_id, node))
            return None, self._links(node)
        literals, links = self._inputs(node_id, node.get("inputs", _NOTHING), checks)
        if len(self.problems) > before:
            return None, links
        meta = node.get("_meta")
        title = meta.get("title", "") if type(meta) is dict else ""
        return GraphNode(node_id, checks.spec, literals, links, title if type(title) is str else ""), links

    def _inputs(
        self, node_id: str, given: Mapping[str, Json], checks: TypeChecks
    ) -> tuple[dict[str, Json], dict[str, Link]]:
        """The values and the links of a node, converted and with defaults filled in."""
        literals: dict[str, Json] = {}
        links: dict[str, Link] = {}
        inputs, needs = checks.in_force(given) if checks.has_conditions else (checks.inputs, checks.needs)
        undeclared = self.checks.undeclared if checks.spec.accepts_undeclared else None
        for name, value in given.items():
            wanted = inputs.get(name, undeclared)
            if wanted is None:
                continue  # the ecosystem ignores what a node does not know
            if type(value) is list:
                link = self._link(node_id, name, value, wanted)
                if link is not None:
                    links[name] = link
                continue
            if type(value) is dict and "__value__" in value:
                value = value["__value__"]
            if wanted.check is not None:
                try:
                    value = wanted.check(value)
                except Refused as refused:
                    self._add(refused.code, node_id, name, value, refused.reason, refused.details)
            literals[name] = value
        for need in needs:
            if need.name not in literals and need.name not in links:
                self._fill(node_id, need, given, literals)
        return literals, links

    def _links(self, node: Mapping[str, Json]) -> dict[str, Link]:
        """The links of a node of unknown type, as far as they lead anywhere."""
        found = ((name, read_link(value)) for name, value in node.get("inputs", _NOTHING).items())
        return {name: link for name, link in found if link is not None and link.node in self._nodes}

    def _link(self, node_id: str, name: str, value: list[Json], wanted: InputCheck) -> Link | None:
        """The link that a list means, if it leads to an output of a fitting type."""
        link = read_link(value)
        if link is None:
            self.problems.append(self._bad_link(node_id, name, value))
            return None
        source = self._nodes.get(link.node)
        if source is None:
            self.problems.append(self._dangling(node_id, name, link))
            return None
        checks = self.checks.of(source.get("class_type", ""))
        if checks is None:
            return link  # its type is not known; that is told once, of the node itself
        outputs = checks.outputs
        if not 0 <= link.slot < len(outputs):
            where = self._call(node_id)
            message = wording.bad_slot(where, name, link, self._call(link.node), outputs)
            details = {"outputs_of_source": list(outputs), "linked_node": link.node}
            self.problems.append(Problem("bad_slot", message, node_id, name, value, details))
            return link
        received = outputs[link.slot]
        if received not in wanted.fitting and not wanted.accepts(received):
            self.problems.append(self._mismatch(node_id, name, link, wanted.type, received))
        return link

    def _fill(self, node_id: str, need: Need, given: Mapping[str, Json], literals: dict[str, Json]) -> None:
        """Give an input its default, or tell that it is missing."""
        if need.has_default:
            literals[need.name] = need.default
            return
        if type(given.get(need.name)) is list or any(
            problem.input == need.name for problem in self._flat.problems.get(node_id, ())
        ):
            return  # a link that leads nowhere: told already
        checks = self.checks_of(self._nodes[node_id])
        known = checks.inputs if checks is not None else {}
        unknown = [name for name in given if name not in known]
        near = self.suggester.nearest(need.name, unknown) if unknown else ()
        why = self._flat.absent.get((node_id, need.name))
        message = wording.missing(self._call(node_id), need.name, need.type, why, near)
        details = {"type": need.type, "nearest": list(near)}
        self.problems.append(Problem("required_input_missing", message, node_id, need.name, details=details))

    def _call(self, node_id: str) -> str:
        node = self._nodes[node_id]
        checks = self.checks_of(node)
        return wording.call(node_id, node, checks.spec if checks is not None else None)

    def _add(
        self, code: ProblemCode, node_id: str, name: str, value: Json, reason: str, details: Mapping[str, Any]
    ) -> None:
        message = f"{self._call(node_id)}: {reason}"
        self.problems.append(Problem(code, message, node_id, name, value, details))

    def _bad_link(self, node_id: str, name: str, value: list[Json]) -> Problem:
        return Problem("bad_link", wording.bad_link(self._call(node_id), name, value), node_id, name, value)

    def _dangling(self, node_id: str, name: str, link: Link) -> Problem:
        near = self.suggester.nearest(link.node, self._ids) if len(link.node) > 2 else ()
        message = wording.dangling(self._call(node_id), name, link, near)
        details = {"linked_node": link.node, "nearest": list(near)}
        return Problem("dangling_link", message, node_id, name, list(link), details)

    def _mismatch(self, node_id: str, name: str, link: Link, wanted: str, received: str) -> Problem:
        where, source = self._call(node_id), self._call(link.node)
        message = wording.mismatch(where, name, wanted, received, source, self._catalogue)
        details = {"received_type": received, "wanted_type": wanted, "linked_node": link.node}
        return Problem("return_type_mismatch", message, node_id, name, list(link), details)
