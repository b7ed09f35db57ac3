"""The newer protocol: a class with `define_schema` and `execute` becomes a node type."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from graph.context import Context
from graph.node import Asked, Node
from graph.spec import NodeSpec, OutputSpec
from nodes.packs.calling import answer_of
from nodes.packs.classic import Workshop, accepted, own_checks
from nodes.packs.hidden import hidden_values, hidden_values_of
from nodes.packs.origin import Origin
from nodes.packs.results import read_returned
from nodes.packs.running import running
from nodes.packs.shims.io_inputs import DynamicComboInput, Output
from nodes.packs.shims.io_node import ComfyNode, Hidden, HiddenHolder, NodeOutput, Schema
from nodes.packs.tokens import as_token

_HIDDEN: Mapping[str, str] = {each.name: each.value for each in Hidden}


def node_of_schema(kind: type[ComfyNode], origin: Origin, workshop: Workshop) -> Node:
    """The node type that a class of the newer protocol declares.

    Args:
        kind: the class.
        origin: the pack.
        workshop: what all adapters share.

    Raises:
        Exception: whatever the declaration raises, or `AttributeError` and `TypeError` for what is missing in it.
    """
    schema = kind.define_schema()
    checks = _overrides(kind, "validate_inputs")
    spec = NodeSpec(
        id=schema.node_id,
        title=schema.display_name or schema.node_id,
        category=schema.category or "packs",
        description=schema.description or "",
        version=origin.version,
        inputs=tuple(spec for each in schema.inputs for spec in each.specs()),
        outputs=tuple(_output(each) for each in schema.outputs),
        is_output=schema.is_output_node,
        takes_lists=schema.is_input_list,
        occupies="gpu",  # packs were written for an engine that runs one node at a time
        accepts_undeclared=schema.accept_all_inputs,
        depends_on_id=schema.not_idempotent or Hidden.unique_id in schema.hidden,
        has_fingerprint=_overrides(kind, "fingerprint_inputs"),
        has_validator=checks,
        own_checks=own_checks(kind.validate_inputs) if checks else (),
        checks_types=checks and "input_types" in inspect.signature(kind.validate_inputs).parameters,
        deprecated=schema.is_deprecated,
        experimental=schema.is_experimental,
        source=origin.name,
    )
    adapter = _Adapter(kind, spec, schema, workshop)
    return Node(
        spec,
        adapter.call_async if inspect.iscoroutinefunction(kind.execute) else adapter.call,
        needs=adapter.needs if any(each.lazy for each in spec.inputs) else None,
        fingerprint=adapter.fingerprint if spec.has_fingerprint else None,
        check=adapter.check if spec.has_validator else None,
    )


class _Adapter:
    """Calls the class methods of one class as the newer protocol does.

    Each call has a class of its own, derived from the pack's, whose `hidden` is what this call was given.
    """

    def __init__(self, kind: type[ComfyNode], spec: NodeSpec, schema: Schema, workshop: Workshop) -> None:
        self._kind = kind
        self._spec = spec
        self._workshop = workshop
        self._choices = frozenset(_choices(schema.inputs))

    def call(self, ctx: Context, /, **inputs: Any) -> Any:
        """Run the node, on a lane's thread."""
        with running(ctx), torch.no_grad():
            returned = self._now(ctx).execute(**self._arguments(inputs))
        return self._awaited(ctx, returned) if inspect.isawaitable(returned) else self._read(returned)

    async def call_async(self, ctx: Context, /, **inputs: Any) -> dict[str, Any]:
        """Run the node, on the event loop."""
        with running(ctx):
            return self._read(await self._now(ctx).execute(**self._arguments(inputs)))

    def needs(self, ctx: Context, /, **inputs: Any) -> Any:
        """Ask which lazy inputs are wanted."""
        with running(ctx):
            return self._now(ctx).check_lazy_status(**self._arguments(inputs))

    async def fingerprint(self, asked: Asked, /, **inputs: Any) -> Any:
        """Ask what the result depends on besides the inputs."""
        function = self._before(asked).fingerprint_inputs
        token = function(**accepted(function, self._constants(inputs)))
        return as_token(await token if inspect.isawaitable(token) else token)

    async def check(self, asked: Asked, /, **inputs: Any) -> Any:
        """Ask whether the inputs are right."""
        function = self._before(asked).validate_inputs
        given = accepted(function, self._constants(inputs))
        if self._spec.checks_types:
            given["input_types"] = dict(asked.types)
        answer = await answer_of(function, **given)
        return answer if answer is True or isinstance(answer, str) else bool(answer)

    def _now(self, ctx: Context) -> type[ComfyNode]:
        return self._with(hidden_values(_HIDDEN, ctx))

    def _before(self, asked: Asked) -> type[ComfyNode]:
        return self._with(hidden_values_of(_HIDDEN, asked.id))

    def _with(self, values: Mapping[str, Any]) -> type[ComfyNode]:
        return type(self._kind.__name__, (self._kind,), {"hidden": HiddenHolder(values)})

    def _constants(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        as_lists = self._spec.takes_lists
        return self._gathered({name: [value] if as_lists else value for name, value in inputs.items()})

    def _arguments(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return self._gathered({name: self._workshop.border.inward(value) for name, value in inputs.items()})

    def _gathered(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs that belong to a choice go into a dict with it: `{"size": "by side", "width": 64}`."""
        arguments: dict[str, Any] = {}
        for name, value in inputs.items():
            *path, last = name.split(".")
            place = arguments
            for part in path:
                place = place.setdefault(part, {})
            if name in self._choices:
                place.setdefault(last, {})[last] = value
            else:
                place[last] = value
        return arguments

    def _read(self, returned: Any) -> Any:
        answer = returned.as_classic() if isinstance(returned, NodeOutput) else returned
        return read_returned(answer, len(self._spec.outputs), self._workshop.border.outward)

    async def _awaited(self, ctx: Context, returned: Any) -> Any:
        with running(ctx):
            return self._read(await returned)


def _choices(inputs: Any, prefix: str = "") -> list[str]:
    """The names of the choices that bring inputs with them."""
    found = []
    for each in inputs:
        if isinstance(each, DynamicComboInput):
            found.append(prefix + each.id)
            for option in each.options:
                found += _choices(option.inputs, f"{prefix}{each.id}.")
    return found


def _output(each: Output) -> OutputSpec:
    name = each.display_name or each.id or each.io_type
    return OutputSpec(name=name, type=each.io_type, is_list=each.is_output_list, help=each.tooltip or "")


def _overrides(kind: type[ComfyNode], name: str) -> bool:
    """Whether a class has its own version of a method."""
    own: Any = getattr(kind, name)
    inherited: Any = getattr(ComfyNode, name)
    return getattr(own, "__func__", own) is not getattr(inherited, "__func__", inherited)
