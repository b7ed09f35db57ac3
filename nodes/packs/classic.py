"""The classic protocol: a class with `INPUT_TYPES`, `RETURN_TYPES`, `FUNCTION` and so on becomes a node type."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from graph.context import Context
from graph.node import Asked, Node
from graph.spec import NodeSpec, OutputSpec
from nodes.packs.calling import answer_of
from nodes.packs.errors import PackError
from nodes.packs.handles import Border
from nodes.packs.hidden import hidden_values, hidden_values_of
from nodes.packs.inputs import DeclaredInputs, read_inputs
from nodes.packs.instances import Instances
from nodes.packs.origin import Origin
from nodes.packs.results import read_returned
from nodes.packs.running import running
from nodes.packs.tokens import as_token
from nodes.packs.wire_types import wire_type


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the adapters of all packs of a worker share."""

    border: Border
    instances: Instances


def node_of_class(type_id: str, kind: type[Any], title: str, origin: Origin, workshop: Workshop) -> Node:
    """The node type that a class of the classic protocol declares.

    Args:
        type_id: its key in `NODE_CLASS_MAPPINGS`.
        kind: the class.
        title: what people see.
        origin: the pack.
        workshop: what all adapters share.

    Raises:
        Exception: whatever the declaration raises, or `AttributeError` and `TypeError` for what is missing in it.
    """
    declared = read_inputs(kind.INPUT_TYPES())
    function = getattr(kind, getattr(kind, "FUNCTION", ""), _shows_only)
    check = getattr(kind, "VALIDATE_INPUTS", None)
    spec = NodeSpec(
        id=type_id,
        title=title,
        category=str(getattr(kind, "CATEGORY", "") or "packs"),
        description=str(getattr(kind, "DESCRIPTION", "") or ""),
        version=origin.version,
        inputs=declared.inputs,
        outputs=tuple(_outputs(kind)),
        is_output=bool(getattr(kind, "OUTPUT_NODE", False)),
        takes_lists=bool(getattr(kind, "INPUT_IS_LIST", False)),
        occupies="gpu",  # packs were written for an engine that runs one node at a time
        accepts_undeclared=declared.takes_anything or parameters_of(function)[1],
        depends_on_id=bool(getattr(kind, "NOT_IDEMPOTENT", False)) or "UNIQUE_ID" in declared.hidden.values(),
        has_fingerprint=hasattr(kind, "IS_CHANGED"),
        has_validator=check is not None,
        own_checks=own_checks(check) if check is not None else (),
        checks_types=check is not None and "input_types" in parameters_of(check)[0],
        deprecated=bool(getattr(kind, "DEPRECATED", False)),
        experimental=bool(getattr(kind, "EXPERIMENTAL", False)),
        source=origin.name,
    )
    adapter = _Adapter(kind, spec, declared, workshop)
    return Node(
        spec,
        adapter.call_async if inspect.iscoroutinefunction(function) else adapter.call,
        needs=adapter.needs if hasattr(kind, "check_lazy_status") else None,
        fingerprint=adapter.fingerprint if spec.has_fingerprint else None,
        check=adapter.check if check is not None else None,
    )


class _Adapter:
    """Calls the methods of one class as the classic protocol does.

    Its own parameters are positional-only, since any name may be an input of the class.
    """

    def __init__(self, kind: type[Any], spec: NodeSpec, declared: DeclaredInputs, workshop: Workshop) -> None:
        self._kind = kind
        self._spec = spec
        self._hidden = declared.hidden
        self._workshop = workshop

    def call(self, ctx: Context, /, **inputs: Any) -> Any:
        """Run the node, on a lane's thread."""
        with running(ctx), torch.no_grad():
            returned = self._function(ctx)(**self._arguments(ctx, inputs))
        if inspect.isawaitable(returned):
            return self._awaited(ctx, returned)
        return self._read(returned)

    async def call_async(self, ctx: Context, /, **inputs: Any) -> dict[str, Any]:
        """Run the node, on the event loop."""
        with running(ctx):
            return self._read(await self._function(ctx)(**self._arguments(ctx, inputs)))

    def needs(self, ctx: Context, /, **inputs: Any) -> Any:
        """Ask which lazy inputs are wanted."""
        with running(ctx):
            return self._workshop.instances.of(self._kind, ctx).check_lazy_status(**self._arguments(ctx, inputs))

    async def fingerprint(self, asked: Asked, /, **inputs: Any) -> Any:
        """Ask what the result depends on besides the inputs."""
        function = self._kind.IS_CHANGED
        token = function(**accepted(function, self._constants(asked, inputs)))
        return as_token(await token if inspect.isawaitable(token) else token)

    async def check(self, asked: Asked, /, **inputs: Any) -> Any:
        """Ask whether the inputs are right."""
        function = self._kind.VALIDATE_INPUTS
        given = accepted(function, self._constants(asked, inputs))
        if self._spec.checks_types:
            given["input_types"] = dict(asked.types)
        answer = await answer_of(function, **given)
        return answer if answer is True or isinstance(answer, str) else bool(answer)

    async def _awaited(self, ctx: Context, returned: Any) -> dict[str, Any]:
        with running(ctx):
            return self._read(await returned)

    def _function(self, ctx: Context) -> Callable[..., Any]:
        name = getattr(self._kind, "FUNCTION", "")
        method: Callable[..., Any] = getattr(self._workshop.instances.of(self._kind, ctx), name, _shows_only)
        return method

    def _arguments(self, ctx: Context, inputs: Mapping[str, Any]) -> dict[str, Any]:
        arguments = {name: self._workshop.border.inward(value) for name, value in inputs.items()}
        return {**arguments, **self._as_lists(hidden_values(self._hidden, ctx))}

    def _constants(self, asked: Asked, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs as a node sees them that is asked before it runs: linked ones are None."""
        return self._as_lists({**inputs, **hidden_values_of(self._hidden, asked.id)})

    def _as_lists(self, values: dict[str, Any]) -> dict[str, Any]:
        """Nodes that take whole lists get everything as lists."""
        return {name: [value] for name, value in values.items()} if self._spec.takes_lists else values

    def _read(self, returned: Any) -> dict[str, Any]:
        return read_returned(returned, len(self._spec.outputs), self._workshop.border.outward)


def _shows_only(**inputs: Any) -> None:
    """What a class without a function does; packs have some that only show something in the browser."""
    raise PackError("This node is for the browser only: its class has no function to run.")


def parameters_of(function: Callable[..., Any]) -> tuple[tuple[str, ...], bool]:
    """The names that a function of a pack has parameters for, and whether it takes any other too."""
    parameters = inspect.signature(function).parameters.values()
    named = tuple(each.name for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL))
    return named, any(each.kind is each.VAR_KEYWORD for each in parameters)


def own_checks(function: Callable[..., Any]) -> tuple[str, ...]:
    """The inputs that a validating function takes upon itself; `*` means all of them."""
    names, takes_anything = parameters_of(function)
    return ("*",) if takes_anything else tuple(name for name in names if name != "input_types")


def accepted(function: Callable[..., Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a function has parameters for."""
    names, takes_anything = parameters_of(function)
    return {name: value for name, value in inputs.items() if takes_anything or name in names}


def _outputs(kind: type[Any]) -> Sequence[OutputSpec]:
    declared = getattr(kind, "RETURN_TYPES", ()) or ()
    types = (declared,) if isinstance(declared, str) else tuple(declared)
    names = _padded(getattr(kind, "RETURN_NAMES", ()), len(types))
    lists = _padded(getattr(kind, "OUTPUT_IS_LIST", ()), len(types))
    helps = _padded(getattr(kind, "OUTPUT_TOOLTIPS", ()), len(types))
    described = zip(types, names, lists, helps, strict=True)
    return [
        OutputSpec(name=str(name or wire_type(each)), type=wire_type(each), is_list=bool(is_list), help=str(text or ""))
        for each, name, is_list, text in described
    ]


def _padded(values: Any, length: int) -> list[Any]:
    given = [values] if isinstance(values, (str, bool)) else list(values or ())
    return [*given, *[None] * length][:length]
