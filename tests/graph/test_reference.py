"""The reference pages say what the declarations say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from graph.datatypes import AnyValue, Socket
from graph.node import Files, Grow, Variants, Widget, node
from graph.reference import node_page, pages
from graph.registry import Catalogue, Registry
from graph.spec import NodeSpec

Picture = Annotated[bytes, Socket("PICTURE")]


class Halves(NamedTuple):
    left: Picture
    right: Annotated[Picture, Field(description="What remains.")]


@dataclass(frozen=True)
class Deep:
    inches: Annotated[int, Field(ge=1)] = 2


@node("Cut", title="Cut picture", category="tools/knives", output=True, deprecated=True)
def cut(
    picture: Picture,
    model: Annotated[str, Files("loras", extra=("none",))],
    at: Annotated[int, Field(ge=0, le=100, multiple_of=5, description="Where | how.")] = 50,
    side: Literal["left", "right"] = "left",
    text: str = "ä",
    mask: Picture | None = None,
    later: Annotated[AnyValue | None, Widget(lazy=True)] = None,
    values: Annotated[dict[str, float], Grow(("a", "b", "c"), minimum=1)] = {},  # noqa: B006 - read only
    depth: Annotated[Deep | None, Variants({"deep": Deep})] = None,
) -> Halves:
    """Cut a picture in two.

    More words.
    """
    return Halves(picture, picture)


def spec() -> NodeSpec:
    return Registry([cut.__node__]).catalogue.specs["Cut"]


def test_a_node_is_explained_by_its_declaration() -> None:
    page = node_page(spec())
    for line in (
        "## Cut picture",
        "`Cut` · tools/knives · output node · deprecated",
        "Cut a picture in two.\n\nMore words.",
        "| `picture` | PICTURE |  |  |  |",
        "| `model` | COMBO |  | a file of `loras`, `none` |  |",
        "| `at` | INT | `50` | 0 … 100, step 5 | Where \\| how. |",
        '| `side` | COMBO | `"left"` | `left`, `right` |  |',
        '| `text` | STRING | `"ä"` |  |  |',
        "| `mask` | PICTURE | optional |  |  |",
        "| `later` | * | optional | evaluated when needed |  |",
        "| `values.a` … `values.c` | FLOAT | `{}` | at least 1 |  |",
        "| `depth` | COMBO | optional | `deep` |  |",
        "| `depth.inches` | INT | `2` | 1 … ; with `deep` |  |",
        "| `left` | PICTURE |  |",
        "| `right` | PICTURE | What remains. |",
    ):
        assert line in page


@dataclass(frozen=True)
class Shown:
    graph: Mapping[str, Mapping[str, Any]]
    needs: Sequence[str] = ()


def test_an_example_stands_below_a_node_a_line_for_each_node() -> None:
    page = node_page(spec(), Shown({"1": {"class_type": "Cut", "inputs": {}}, "2": {}}, ("loras/ä",)))
    assert page.endswith(
        'Example. It needs `loras/ä`.\n\n```json\n{\n  "1": {"class_type": "Cut", "inputs": {}},\n  "2": {}\n}\n```'
    )
    whole = pages(Catalogue({"Cut": spec()}), {"Cut": Shown({"1": {}})})
    assert "Example.\n\n```json" in whole["tools.md"]


def test_there_is_a_page_a_category_and_an_index() -> None:
    written = pages(Catalogue({"Cut": spec()}, {"Slice": "Cut"}))
    assert set(written) == {"README.md", "tools.md"}
    assert "| `Cut` | Cut picture | Cut a picture in two. |" in written["README.md"]
    assert "| `Slice` | `Cut` |" in written["README.md"]
    assert "[Tools](tools.md)" in written["README.md"]
    assert node_page(spec()) in written["tools.md"]
