"""What a typed function becomes when it is declared as a node."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import pytest
from pydantic import Field

from graph.context import Context
from graph.datatypes import AnyValue, Socket
from graph.errors import DeclarationError
from graph.node import Choices, Files, Grow, Node, Variants, Widget, node
from graph.spec import Autogrow, InputSpec, NodeSpec, OutputSpec
from graph.values import AsList, Expansion

Picture = Annotated[bytes, Socket("PICTURE")]


class Halves(NamedTuple):
    left: Picture
    right: Annotated[bytes, Socket("PICTURE"), Field(description="What remains.")]


@node("Cut", title="Cut", category="test", version=3, occupies="io", output=True)
def cut(
    picture: Picture,
    at: Annotated[int, Field(ge=0, le=100, description="Where, in percent.")] = 50,
    ratio: Annotated[float, Widget(step=0.1)] = 1.0,
    side: Literal["left", "right"] = "left",
    method: Annotated[str, Choices(("a", "b"))] = "b",
    model: Annotated[str, Files("checkpoints", extra=("none",))] = "none",
    text: Annotated[str, Widget(multiline=True, lazy=True)] = "",
    flag: bool = False,
    mask: Picture | None = None,
    strength: Annotated[float, Widget(optional=True)] = 1.0,
    values: Annotated[dict[str, float], Grow(("a", "b"), minimum=1)] = {},  # noqa: B006 - read only
    *,
    ctx: Context,
    models: object,
) -> Halves | Expansion:
    """Cut a picture in two.

    More words.
    """
    return Halves(picture, picture)


def spec_of(function: object) -> NodeSpec:
    return function.__node__.spec  # type: ignore[attr-defined]


def test_the_declared_function_stays_a_plain_function() -> None:
    halves = cut(b"x", ctx=Context(), models=None)
    assert halves == Halves(b"x", b"x")
    assert isinstance(cut.__node__, Node)


def test_keyword_only_parameters_are_services_and_not_inputs() -> None:
    assert cut.__node__.services == {"ctx", "models"}
    assert spec_of(cut).input("ctx") is None


@pytest.mark.parametrize(
    "expected",
    [
        InputSpec(name="picture", type="PICTURE"),
        InputSpec(
            name="at", type="INT", has_default=True, default=50, minimum=0, maximum=100, help="Where, in percent."
        ),
        InputSpec(name="ratio", type="FLOAT", has_default=True, default=1.0, step=0.1),
        InputSpec(name="side", type="COMBO", choices=("left", "right"), has_default=True, default="left"),
        InputSpec(name="method", type="COMBO", choices=("a", "b"), has_default=True, default="b"),
        InputSpec(
            name="model",
            type="COMBO",
            files="checkpoints",
            extra_choices=("none",),
            has_default=True,
            default="none",
        ),
        InputSpec(name="text", type="STRING", has_default=True, default="", multiline=True, lazy=True),
        InputSpec(name="flag", type="BOOLEAN", has_default=True, default=False),
        InputSpec(name="mask", type="PICTURE", required=False),
        InputSpec(name="strength", type="FLOAT", required=False, has_default=True, default=1.0),
        InputSpec(
            name="values",
            type="FLOAT",
            has_default=True,
            default={},
            autogrow=Autogrow(names=("a", "b"), minimum=1),
        ),
    ],
    ids=lambda spec: spec.name,
)
def test_each_annotation_says_what_the_input_is(expected: InputSpec) -> None:
    assert spec_of(cut).input(expected.name) == expected


def test_the_declaration_says_the_rest() -> None:
    spec = spec_of(cut)
    assert (spec.id, spec.version, spec.occupies, spec.is_output) == ("Cut", 3, "io", True)
    assert spec.description == "Cut a picture in two.\n\nMore words."
    assert spec.source == __name__


def test_the_fields_of_a_named_tuple_are_the_outputs() -> None:
    assert spec_of(cut).outputs == (
        OutputSpec(name="left", type="PICTURE"),
        OutputSpec(name="right", type="PICTURE", help="What remains."),
    )


def test_outputs_without_names_are_called_after_their_type() -> None:
    @node("Many", title="Many", category="test")
    def many() -> tuple[int, Annotated[list[bytes], Socket("PICTURE"), AsList()]]:
        return 1, []

    @node("One", title="One", category="test")
    def one(value: AnyValue) -> AnyValue:
        return value

    @node("Nothing", title="Nothing", category="test")
    def nothing() -> None: ...

    assert spec_of(many).outputs == (
        OutputSpec(name="INT", type="INT"),
        OutputSpec(name="PICTURE", type="PICTURE", is_list=True),
    )
    assert spec_of(one).outputs == (OutputSpec(name="*", type="*"),)
    assert spec_of(nothing).outputs == ()


def test_a_parameter_without_a_usable_annotation_is_named_at_import() -> None:
    with pytest.raises(DeclarationError, match=r'test_node\.py:\d+, node function "bad", parameter "thing": .*complex'):

        @node("Bad", title="Bad", category="test")
        def bad(thing: complex) -> None: ...


def test_a_parameter_without_annotation_is_refused() -> None:
    with pytest.raises(DeclarationError, match='parameter "thing": needs an annotation'):

        @node("Bad", title="Bad", category="test")
        def bad(thing) -> None: ...  # type: ignore[no-untyped-def]


def test_a_missing_return_annotation_is_refused() -> None:
    with pytest.raises(DeclarationError, match="needs a return annotation"):

        @node("Bad", title="Bad", category="test")
        def bad(thing: int): ...  # type: ignore[no-untyped-def]


def test_star_parameters_are_refused() -> None:
    with pytest.raises(DeclarationError, match="use Grow"):

        @node("Bad", title="Bad", category="test")
        def bad(*things: int) -> None: ...


def test_a_default_may_stand_in_the_annotation_so_that_inputs_without_one_can_follow() -> None:
    @node("Sample", title="Sample", category="test")
    def sample(steps: Annotated[int, Field(default=20, ge=1)], picture: Picture) -> None:
        """Sample."""

    steps, picture = spec_of(sample).inputs
    assert (steps.has_default, steps.default, steps.minimum) == (True, 20, 1)
    assert not picture.has_default


@dataclass(frozen=True)
class Side:
    width: Annotated[int, Field(ge=1, description="New width.")] = 512
    crop: Literal["no", "yes"] = "no"


@dataclass(frozen=True)
class Like:
    match: Picture
    crop: Literal["no", "yes"] = "no"


Size = Annotated[Side | Like, Variants({"by side": Side, "like another": Like}), Field(description="Which size.")]


def test_a_choice_brings_inputs_of_its_own() -> None:
    @node("Resize", title="Resize", category="test")
    def resize(picture: Picture, size: Size, sharp: bool = True) -> Picture:
        """Resize."""
        return picture

    assert spec_of(resize).inputs[1:-1] == (
        InputSpec(name="size", type="COMBO", choices=("by side", "like another"), help="Which size."),
        InputSpec(
            name="size.width",
            type="INT",
            has_default=True,
            default=512,
            minimum=1,
            help="New width.",
            only_for=("by side",),
        ),
        InputSpec(
            name="size.crop",
            type="COMBO",
            choices=("no", "yes"),
            has_default=True,
            default="no",
            only_for=("by side", "like another"),
        ),
        InputSpec(name="size.match", type="PICTURE", only_for=("like another",)),
    )
    assert resize.__node__.variants == {"size": {"by side": Side, "like another": Like}}  # type: ignore[attr-defined]


def test_inputs_exist_with_the_choice_they_belong_to() -> None:
    @node("Resize", title="Resize", category="test")
    def resize(size: Annotated[Side | Like, Field(default="by side"), Size.__metadata__[0]]) -> None:
        """Resize."""

    spec = spec_of(resize)

    def in_force(**given: object) -> list[str]:
        return [each.name for each in spec.inputs if spec.is_in_force(each, given)]

    assert in_force(size="like another") == ["size", "size.crop", "size.match"]
    assert in_force() == ["size", "size.width", "size.crop"]


@dataclass(frozen=True)
class Grows:
    values: Annotated[dict[str, float], Grow(("a",))]


@dataclass(frozen=True)
class Crops:
    crop: bool = False


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ({"a": Grows}, "cannot grow"),
        ({"a": int}, 'choice "a" needs a dataclass'),
        ({"a": Side, "b": Crops}, r'share the input "size\.crop" must declare it alike'),
    ],
)
def test_choices_that_cannot_be_declared_are_told_at_import(classes: dict[str, type], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):

        @node("Bad", title="Bad", category="test")
        def bad(size: Annotated[object, Variants(classes)]) -> None: ...


def test_a_double_star_takes_what_is_not_declared() -> None:
    @node("Loose", title="Loose", category="test")
    def loose(text: str, **others: str) -> None:
        """Take anything."""

    assert [each.name for each in spec_of(loose).inputs] == ["text"]
    assert spec_of(loose).accepts_undeclared
