"""Inputs and outputs of the newer protocol, as objects: what `io.Int.Input("steps", default=20)` makes.

Each knows which inputs of a document it stands for (`specs`): one, or several where inputs grow or depend on a choice.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.spec import Autogrow as AutogrowSpec
from graph.spec import InputSpec
from nodes.packs.inputs import input_spec


class Input:
    """An input: its id, what people see, and options that pass on to the browser."""

    Parent: Any = None  # the type that this is an input of

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        lazy: bool | None = None,
        extra_dict: Mapping[str, Any] | None = None,
        raw_link: bool | None = None,
        **options: Any,
    ) -> None:
        self.id = id
        self.display_name = display_name
        self.optional = optional
        self.tooltip = tooltip
        self.lazy = lazy
        self.extra_dict = dict(extra_dict or {})
        self.rawLink = raw_link
        self._options = options
        for name, value in options.items():
            setattr(self, name, value)

    @property
    def io_type(self) -> str:
        """The wire type."""
        return str(self.Parent.io_type)

    def get_io_type(self) -> str:
        """The wire type."""
        return self.io_type

    def as_dict(self) -> dict[str, Any]:
        """The options as the classic protocol writes them."""
        named = {"display_name": self.display_name, "tooltip": self.tooltip, "lazy": self.lazy, "rawLink": self.rawLink}
        options = {_CLASSIC_NAMES.get(name, name): value for name, value in {**named, **self._options}.items()}
        return {name: _plain(value) for name, value in options.items() if value is not None} | self.extra_dict

    def specs(self, prefix: str = "", only_for: tuple[Any, ...] = ()) -> list[InputSpec]:
        """The inputs of a document that this stands for.

        Args:
            prefix: what stands before the id, with its dot, for inputs that belong to a choice.
            only_for: the choices with which the input exists.
        """
        spec = input_spec(prefix + self.id, self.io_type, self.as_dict(), not self.optional)
        return [spec.model_copy(update={"only_for": only_for})]


class WidgetInput(Input):
    """An input whose value may be written into the document."""

    def __init__(self, id: str, *positional: Any, **options: Any) -> None:
        # The order of these is part of the interface.
        names = ("display_name", "optional", "tooltip", "lazy", "default", *self._own_names)
        super().__init__(id, **dict(zip(names, positional, strict=False)), **options)
        self.default = getattr(self, "default", None)

    _own_names: Sequence[str] = ()


class NumberInput(WidgetInput):
    """A number, with its limits."""

    _own_names = ("min", "max", "step")


class ComboInput(Input):
    """A choice of several values."""

    def __init__(self, id: str, options: Any = None, *positional: Any, upload: Any = None, **others: Any) -> None:
        names = ("display_name", "optional", "tooltip", "lazy", "default")
        if isinstance(options, type) and issubclass(options, enum.Enum):
            options = [each.value for each in options]
        self.options = options if options is not None else []
        if upload is not None:
            others[str(_plain(upload))] = True
        super().__init__(id, **dict(zip(names, positional, strict=False)), **others)

    def as_dict(self) -> dict[str, Any]:
        """The options, with the choices."""
        return {**super().as_dict(), "options": self.options}


class MultiTypeInput(Input):
    """An input that takes several types. Given a widget in place of an id, it shows that widget."""

    def __init__(self, id: str | Input, types: Sequence[Any], *positional: Any, **options: Any) -> None:
        names = ("display_name", "optional", "tooltip", "lazy")
        self._widget = id if isinstance(id, Input) else None
        self._types = [str(each.io_type) for each in types]
        super().__init__(
            self._widget.id if self._widget else str(id), **dict(zip(names, positional, strict=False)), **options
        )

    @property
    def io_type(self) -> str:
        """The union of the types."""
        first = [self._widget.io_type] if self._widget else []
        return ",".join(dict.fromkeys((*first, *self._types)))

    def as_dict(self) -> dict[str, Any]:
        """The options, with those of the widget."""
        return {**(self._widget.as_dict() if self._widget else {}), **super().as_dict()}


class MatchTemplate:
    """Says which inputs and outputs have the same type, whatever that is; the browser sees to it."""

    def __init__(self, template_id: str, allowed_types: Any = None) -> None:
        self.template_id = template_id
        types = allowed_types if isinstance(allowed_types, Iterable) else [allowed_types] if allowed_types else []
        names = [str(each.io_type) for each in types]
        self.io_type = ",".join(names) if names else "*"


class MatchInput(Input):
    """An input of whatever type its template's other inputs have."""

    def __init__(self, id: str, template: MatchTemplate, **options: Any) -> None:
        self.template = template
        super().__init__(id, **options)

    @property
    def io_type(self) -> str:
        """Every type that the template allows."""
        return self.template.io_type


class GrowingNames:
    """A group that grows: the names that its inputs have, the first few of them required."""

    def __init__(self, input: Input, names: Sequence[str], min: int = 1) -> None:
        self.input = input
        self.names = tuple(names)
        self.min = min


class GrowingPrefix(GrowingNames):
    """A group that grows by numbers: `image0`, `image1` and so on."""

    def __init__(self, input: Input, prefix: str, min: int = 1, max: int = 10) -> None:
        super().__init__(input, [f"{prefix}{number}" for number in range(max)], min)


class GrowingInput(Input):
    """An input that grows: the node receives a dict of what was given."""

    def __init__(self, id: str, template: GrowingNames, **options: Any) -> None:
        self.template = template
        super().__init__(id, **options)

    def specs(self, prefix: str = "", only_for: tuple[Any, ...] = ()) -> list[InputSpec]:
        """One input that stands for all of the group."""
        inner = self.template.input
        spec = input_spec(prefix + self.id, inner.io_type, {**inner.as_dict(), **self.as_dict()}, not self.optional)
        grown = AutogrowSpec(names=self.template.names, minimum=0 if self.optional else self.template.min)
        return [spec.model_copy(update={"autogrow": grown, "only_for": only_for})]


class DynamicOption:
    """A choice with the inputs that come with it."""

    def __init__(self, key: str, inputs: Sequence[Input]) -> None:
        self.key = key
        self.inputs = list(inputs)


class DynamicComboInput(Input):
    """A choice that brings inputs with it: the node receives a dict of the choice and what came with it."""

    def __init__(self, id: str, options: Sequence[DynamicOption], *positional: Any, **others: Any) -> None:
        names = ("display_name", "optional", "tooltip", "lazy")
        self.options = list(options)
        super().__init__(id, **dict(zip(names, positional, strict=False)), **others)

    def specs(self, prefix: str = "", only_for: tuple[Any, ...] = ()) -> list[InputSpec]:
        """The choice itself, then everything that some choice brings."""
        keys = [option.key for option in self.options]
        options = {**self.as_dict(), "options": keys}
        chosen = input_spec(prefix + self.id, "COMBO", options, not self.optional)
        inner: dict[str, InputSpec] = {}
        for option in self.options:
            for each in option.inputs:
                for spec in each.specs(f"{prefix}{self.id}.", (option.key,)):
                    inner[spec.name] = _joined(inner[spec.name], spec) if spec.name in inner else spec
        return [chosen.model_copy(update={"only_for": only_for}), *inner.values()]


class Output:
    """An output of a node."""

    Parent: Any = None  # the type that this is an output of

    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
        **options: Any,
    ) -> None:
        self.id = id
        self.display_name = display_name
        self.tooltip = tooltip
        self.is_output_list = is_output_list

    @property
    def io_type(self) -> str:
        """The wire type."""
        return str(self.Parent.io_type)


class MatchOutput(Output):
    """An output of whatever type its template's inputs have."""

    def __init__(self, template: MatchTemplate, *positional: Any, **options: Any) -> None:
        self.template = template
        super().__init__(*positional, **options)

    @property
    def io_type(self) -> str:
        """Every type that the template allows."""
        return self.template.io_type


_CLASSIC_NAMES = {"dynamic_prompts": "dynamicPrompts", "force_input": "forceInput", "display_mode": "display"}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _joined(first: InputSpec, second: InputSpec) -> InputSpec:
    """One specification for an input that several choices bring; what either allows is allowed."""
    lows, highs = (first.minimum, second.minimum), (first.maximum, second.maximum)
    return first.model_copy(
        update={
            "only_for": tuple(dict.fromkeys((*first.only_for, *second.only_for))),
            "choices": tuple(dict.fromkeys((*first.choices, *second.choices)))
            if first.choices is not None and second.choices is not None
            else first.choices,
            "minimum": None if None in lows else min(each for each in lows if each is not None),
            "maximum": None if None in highs else max(each for each in highs if each is not None),
        }
    )
