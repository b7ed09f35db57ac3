"""The `@node` declaration: a typed function becomes a node, and its signature becomes the specification."""

import inspect
import types
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, Literal, TypeVar

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from graph.datatypes import Socket
from graph.errors import DeclarationError
from graph.spec import Autogrow, InputSpec, Json, NodeSpec, Occupies, OutputSpec, SizeRule
from graph.values import AsList, Expansion

Function = TypeVar("Function", bound=Callable[..., Any])  # a node may return anything its annotation says
Needs = Callable[..., Sequence[str] | Awaitable[Sequence[str]]]
"""Asked with the inputs evaluated so far (lazy ones are None until then); names the lazy inputs it still wants."""
Fingerprint = Callable[..., Json | Awaitable[Json]]
"""Asked with the constant inputs (linked ones are None); its answer is part of the key. NaN means: never cached."""
Check = Callable[..., bool | str | Awaitable[bool | str]]
"""Asked with the constant inputs; True, or a sentence that says what is wrong."""

_WIDGETS = {int: "INT", float: "FLOAT", str: "STRING", bool: "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The node that a check or a fingerprint is asked about."""

    id: str
    types: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Linked input -> the type of the output that feeds it. Only checks are told."""


@dataclass(frozen=True, slots=True)
class Widget:
    """How an input looks and behaves, beside its limits (`Field`): `Annotated[str, Widget(multiline=True)]`."""

    multiline: bool = False
    step: int | float | None = None
    socket_only: bool = False
    lazy: bool = False
    raw_link: bool = False
    control_after_generate: bool = False
    optional: bool = False
    """Shown under the optional inputs although it has a default."""
    options: Mapping[str, Json] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Choices:
    """The values a text input may take: `Annotated[str, Choices(SAMPLERS)]`. A `Literal` says the same."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """A text input that names a file of a folder: `Annotated[str, Files("checkpoints")]`."""

    folder: str
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grow:
    """A dict parameter whose entries grow as people link them: `Annotated[dict[str, float], Grow(tuple("abc"))]`.

    The document writes them as `<parameter>.<name>`; the function receives `{name: value}`.
    """

    names: tuple[str, ...]
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Variants:
    """A choice that brings inputs of its own: `Annotated[Png | Exr, Variants({"png": Png, "exr": Exr})]`.

    Each choice is a frozen dataclass whose fields are the inputs that exist with it; a field that several share is
    declared alike. The document writes the choice as `<parameter>` and its inputs as `<parameter>.<field>`; the
    function receives an instance of the chosen class. A node that takes lists receives lists in its fields.
    """

    classes: Mapping[str, type]


@dataclass(frozen=True, slots=True)
class Node:
    """A specification with the code behind it. Only a worker has these; everybody else has the specification."""

    spec: NodeSpec
    function: Callable[..., Any]  # called with the inputs and the services by keyword
    services: frozenset[str] = frozenset()
    """Names of the keyword-only parameters: what the house provides, such as `ctx` or `models`."""
    needs: Needs | None = None
    fingerprint: Fingerprint | None = None
    check: Check | None = None
    unpacks: bool = False
    """Whether the function returns a tuple of its outputs even where there is only one."""
    variants: Mapping[str, Mapping[str, type]] = field(default_factory=dict, hash=False)
    """The classes of the choices that bring inputs with them, by parameter and choice."""


def takes_house(function: Callable[..., Any]) -> bool:
    """Whether the first parameter of a function is positional-only: there it receives what the house knows.

    That is the context for a node's function and its `needs`, and `Asked` for its fingerprint and its check. Node packs
    need it so, since any name may be one of their inputs.
    """
    try:
        first = next(iter(inspect.signature(function).parameters.values()), None)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return False
    return first is not None and first.kind is first.POSITIONAL_ONLY


def node(
    type_id: str,
    *,
    title: str,
    category: str,
    version: int = 1,
    output: bool = False,
    cacheable: bool = True,
    occupies: Occupies = "cpu",
    takes_lists: bool = False,
    deprecated: bool = False,
    experimental: bool = False,
    needs: Needs | None = None,
    fingerprint: Fingerprint | None = None,
    check: Check | None = None,
    size: SizeRule | None = None,
) -> Callable[[Function], Function]:
    """Declare a function as the node type `type_id`.

    Parameters before the star are inputs, parameters after it are services of the house; annotations, defaults and the
    docstring give everything else. A parameter `**others` takes what documents hold that is not declared. The function
    itself is returned unchanged but for the attribute `__node__`.
    A default may also stand in the annotation, `Annotated[int, Field(default=20, ge=1)]`, where inputs without a
    default follow.

    Raises:
        DeclarationError: at import, naming file, function and parameter.
    """

    def declare(function: Function) -> Function:
        hints = _hints(function)
        inputs: list[InputSpec] = []
        services, variants, takes_undeclared = set(), {}, False
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY:
                services.add(parameter.name)
                continue
            if parameter.kind is parameter.VAR_KEYWORD:
                takes_undeclared = True
                continue
            annotation = hints.get(parameter.name, inspect.Parameter.empty)
            chosen = _variants(annotation)
            inputs.append(_input(function, parameter, annotation))
            if chosen is not None:
                variants[parameter.name] = chosen.classes
                inputs += _variant_inputs(_where(function, parameter.name), parameter.name, chosen)
        spec = NodeSpec(
            id=type_id,
            title=title,
            category=category,
            description=inspect.getdoc(function) or "",
            version=version,
            inputs=tuple(inputs),
            outputs=_outputs(function, hints.get("return", inspect.Parameter.empty)),
            is_output=output,
            takes_lists=takes_lists,
            cacheable=cacheable,
            occupies=occupies,
            accepts_undeclared=takes_undeclared,
            has_fingerprint=fingerprint is not None,
            has_validator=check is not None,
            size=size,
            deprecated=deprecated,
            experimental=experimental,
            source=function.__module__,
        )
        unpacks = _is_tuple(_unwrap(hints.get("return"))[0])
        declared = Node(spec, function, frozenset(services), needs, fingerprint, check, unpacks, variants)
        function.__node__ = declared  # type: ignore[attr-defined]  # read back by the registry
        return function

    return declare


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise DeclarationError(f"{_where(function)}: cannot read the annotations: {error}") from error


def _where(function: Callable[..., Any], parameter: str | None = None) -> str:
    code = function.__code__
    place = f'{code.co_filename}:{code.co_firstlineno}, node function "{function.__name__}"'
    return f'{place}, parameter "{parameter}"' if parameter else place


def _input(function: Callable[..., Any], parameter: inspect.Parameter, annotation: Any) -> InputSpec:
    where = _where(function, parameter.name)
    if parameter.kind is parameter.VAR_POSITIONAL:
        raise DeclarationError(f"{where}: a * parameter cannot be an input; use Grow for a growing group.")
    if annotation is inspect.Parameter.empty:
        raise DeclarationError(f"{where}: needs an annotation, such as `int` or a socket type.")
    default = MISSING if parameter.default is parameter.empty else parameter.default
    return _spec(where, parameter.name, annotation, default)


def _spec(where: str, name: str, annotation: Any, default: Any) -> InputSpec:
    """The input that an annotation and a default (or `MISSING`) declare."""
    kind, markers, optional = _unwrap(annotation)
    widget = next((each for each in markers if isinstance(each, Widget)), Widget())
    facts: dict[str, Any] = {"name": name, **_field_facts(markers), **_kind(where, kind, markers)}
    if default is not MISSING and default is not None:
        facts |= {"has_default": True, "default": list(default) if isinstance(default, tuple) else default}  # as JSON
    for flag in ("multiline", "socket_only", "lazy", "raw_link", "control_after_generate", "options"):
        facts[flag] = getattr(widget, flag)
    facts["step"] = widget.step if widget.step is not None else facts.get("step")
    facts["required"] = not (optional or widget.optional or default is None)
    return InputSpec(**facts)


def _variants(annotation: Any) -> Variants | None:
    markers = _unwrap(annotation)[1]
    return next((each for each in markers if isinstance(each, Variants)), None)


def _variant_inputs(where: str, group: str, variants: Variants) -> list[InputSpec]:
    """The inputs that choices bring; one that several bring is one input."""
    found: dict[str, InputSpec] = {}
    for key, kind in variants.classes.items():
        if not is_dataclass(kind):
            raise DeclarationError(f'{where}: the choice "{key}" needs a dataclass, not {kind!r}.')
        hints = typing.get_type_hints(kind, include_extras=True)
        for each in fields(kind):
            spec = _spec(f'{where}, choice "{key}"', f"{group}.{each.name}", hints[each.name], each.default)
            if spec.autogrow is not None or _variants(hints[each.name]) is not None:
                raise DeclarationError(f"{where}: the inputs of a choice cannot grow or be choices with inputs.")
            spec = spec.model_copy(update={"only_for": (key,)})
            found[spec.name] = _joined(where, found[spec.name], spec) if spec.name in found else spec
    return list(found.values())


def _joined(where: str, first: InputSpec, second: InputSpec) -> InputSpec:
    if first.model_copy(update={"only_for": second.only_for}) != second:
        raise DeclarationError(f'{where}: choices that share the input "{first.name}" must declare it alike.')
    return first.model_copy(update={"only_for": (*first.only_for, *second.only_for)})


def _unwrap(annotation: Any) -> tuple[Any, list[Any], bool]:
    """The bare type, every marker found around it, and whether `None` is allowed."""
    markers: list[Any] = []
    optional = False
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation, *found = typing.get_args(annotation)
            markers += found
        elif origin in (typing.Union, types.UnionType):
            members = [each for each in typing.get_args(annotation) if each not in (type(None), Expansion)]
            optional = optional or type(None) in typing.get_args(annotation)
            if len(members) != 1:
                return annotation, markers, optional
            annotation = members[0]
        else:
            return annotation, markers, optional


def _kind(where: str, kind: Any, markers: Sequence[Any]) -> dict[str, Any]:
    """The facts that follow from the annotated type itself."""
    for marker in markers:
        if isinstance(marker, Socket):
            return {"type": marker.name}
        if isinstance(marker, Files):
            return {"type": "COMBO", "files": marker.folder, "extra_choices": marker.extra}
        if isinstance(marker, Choices):
            return {"type": "COMBO", "choices": marker.values}
        if isinstance(marker, Variants):
            return {"type": "COMBO", "choices": tuple(marker.classes)}
        if isinstance(marker, Grow):
            inner, inner_markers, _ = _unwrap(typing.get_args(kind)[1])
            group = Autogrow(names=marker.names, minimum=marker.minimum)
            return {**_kind(where, inner, inner_markers), "autogrow": group}
    if typing.get_origin(kind) is Literal:
        return {"type": "COMBO", "choices": typing.get_args(kind)}
    if kind in _WIDGETS:
        return {"type": _WIDGETS[kind]}
    raise DeclarationError(
        f"{where}: {kind!r} is neither a socket type (Annotated[..., Socket(...)]) nor one of int, float, str, bool, "
        "Literal[...]."
    )


def _field_facts(markers: Sequence[Any]) -> dict[str, Any]:
    """Minimum, maximum, step, help and default from `pydantic.Field`."""
    facts: dict[str, Any] = {}
    for info in markers:
        if not isinstance(info, FieldInfo):
            continue
        facts["help"] = info.description or facts.get("help", "")
        if info.default is not PydanticUndefined:
            facts |= {"has_default": True, "default": info.default}
        for limit in info.metadata:
            if isinstance(limit, annotated_types.Ge):
                facts["minimum"] = limit.ge
            elif isinstance(limit, annotated_types.Le):
                facts["maximum"] = limit.le
            elif isinstance(limit, annotated_types.MultipleOf):
                facts["step"] = limit.multiple_of
    return facts


def _outputs(function: Callable[..., Any], annotation: Any) -> tuple[OutputSpec, ...]:
    if annotation is inspect.Parameter.empty:
        raise DeclarationError(f"{_where(function)}: needs a return annotation; `None` means no outputs.")
    kind, markers, _ = _unwrap(annotation)
    if kind is type(None) or kind is None:
        return ()
    if _is_tuple(kind) and hasattr(kind, "_fields"):
        hints = typing.get_type_hints(kind, include_extras=True)
        return tuple(_output(function, hints[name], name) for name in kind._fields)
    if _is_tuple(kind):
        return tuple(_output(function, each) for each in typing.get_args(kind))
    return (_output(function, typing.Annotated[kind, *markers] if markers else kind),)


def _is_tuple(kind: Any) -> bool:
    """Whether an annotation names several outputs: `tuple[…]` or a NamedTuple."""
    named = isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")
    return named or typing.get_origin(kind) is tuple


def _output(function: Callable[..., Any], annotation: Any, name: str | None = None) -> OutputSpec:
    kind, markers, _ = _unwrap(annotation)
    facts = _kind(_where(function, "return"), kind, markers)
    help_text = next((each.description or "" for each in markers if isinstance(each, FieldInfo)), "")
    is_list = any(isinstance(each, AsList) for each in markers)
    return OutputSpec(name=name or facts["type"], type=facts["type"], is_list=is_list, help=help_text)
