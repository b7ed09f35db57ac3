"""What a node type demands of its inputs, prepared once, so that checking thousands of nodes is quick."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.datatypes import ANY, accepts
from graph.registry import Catalogue
from graph.spec import InputSpec, Json, NodeSpec
from graph.suggest import Suggester
from graph.validation.values import Checker, Folders, checker


@dataclass(slots=True)
class InputCheck:
    """What one input demands. Children of a growing group share theirs."""

    type: str
    check: Checker | None = None
    """What literal values go through; None if any will do."""
    takes_any_type: bool = False
    fitting: set[str] = field(default_factory=set)
    """Types of outputs that were found to fit."""

    def accepts(self, received: str) -> bool:
        """Whether an output of that type may be linked here; types that may are noted in `fitting`."""
        if self.takes_any_type or accepts(self.type, received):
            if type(received) is str:  # packs subclass str to compare otherwise; those are asked each time
                self.fitting.add(received)
            return True
        return False


class Need(NamedTuple):
    """An input that must be there, or gets its default."""

    name: str
    has_default: bool
    default: Json
    type: str


@dataclass(slots=True)
class TypeChecks:
    """What one node type demands."""

    spec: NodeSpec
    inputs: Mapping[str, InputCheck]
    needs: tuple[Need, ...]
    outputs: tuple[str, ...]
    has_conditions: bool
    """Whether some inputs exist only for some values of others."""

    def in_force(self, given: Mapping[str, Json]) -> tuple[Mapping[str, InputCheck], tuple[Need, ...]]:
        """The inputs that exist for the values of a node, for types with conditions."""
        gone = {each.name for each in self.spec.inputs if not self.spec.is_in_force(each, given)}
        inputs = {name: each for name, each in self.inputs.items() if name not in gone}
        return inputs, tuple(need for need in self.needs if need.name not in gone)


class AllChecks:
    """The demands of every node type of a catalogue, prepared when first asked for."""

    def __init__(self, catalogue: Catalogue, folders: Folders, suggester: Suggester) -> None:
        self._catalogue = catalogue
        self._folders = folders
        self._suggester = suggester
        self._known: dict[str, TypeChecks | None] = {}
        self.undeclared = InputCheck(ANY)
        """What an input that is not declared demands, where such are taken."""

    def of(self, type_id: str) -> TypeChecks | None:
        """What the type called `type_id`, or what replaced it, demands; None if there is none."""
        try:
            return self._known[type_id]
        except KeyError:
            spec = self._catalogue.find(type_id)
            found = self._known[type_id] = None if spec is None else self._prepare(spec)
            return found

    def _prepare(self, spec: NodeSpec) -> TypeChecks:
        inputs: dict[str, InputCheck] = {}
        needs: list[Need] = []
        for each in spec.inputs:
            is_limited = not (each.name in spec.own_checks or "*" in spec.own_checks)
            check = checker(each, self._folders, self._suggester, is_limited)
            prepared = InputCheck(each.type, check, spec.checks_types)
            if each.autogrow is None:
                inputs[each.name] = prepared
                if each.required:
                    needs.append(Need(each.name, *_default(each), each.type))
            else:
                names = [f"{each.name}.{child}" for child in each.autogrow.names]
                inputs.update(dict.fromkeys(names, prepared))
                needs += [Need(name, False, None, each.type) for name in names[: each.autogrow.minimum]]
        has_conditions = any(each.only_for for each in spec.inputs)
        return TypeChecks(spec, inputs, tuple(needs), tuple(each.type for each in spec.outputs), has_conditions)


def _default(spec: InputSpec) -> tuple[bool, Json]:
    """Whether an input that is missing can be filled in, and with what.

    A choice without a default is the first of its choices, as browsers have it: nodes were given choices later, and
    graphs from before do not know them.
    """
    if not spec.has_default and spec.type == "COMBO" and spec.choices:
        return True, spec.choices[0]
    return spec.has_default, spec.default
