"""What only the editor needs of a workflow: where nodes are and how they look; also modes and named parameters.

Unknown keys are kept, so that another program's notes survive a visit here.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

Number = StrictInt | StrictFloat
Point = tuple[Number, Number]
Bounds = tuple[Number, Number, Number, Number]
"""Left, top, width, height."""

Mode = Literal["normal", "bypass", "mute"]
"""`bypass`: what comes in is passed on to the outputs of the same type. `mute`: the node, and what needs it, is left
out."""


class Kept(BaseModel):
    """Data of a document: frozen, and keys that are not known are kept."""

    model_config = ConfigDict(frozen=True, extra="allow", validate_by_name=True, validate_by_alias=True)


class NodeLayout(Kept):
    """How one node stands in the editor."""

    position: Point | None = None
    """Left and top edge in canvas units, to the right and down."""
    size: Point | None = None
    colour: StrictStr | None = None
    """A CSS colour."""
    mode: Mode = "normal"
    collapsed: StrictBool = False
    pinned: StrictBool = False


class LinkLayout(Kept):
    """How the link into one input is drawn."""

    points: tuple[Point, ...] = ()
    """Where it bends, from the output to the input."""
    hidden: StrictBool = False


class Group(Kept):
    """A frame around nodes."""

    title: StrictStr = ""
    bounds: Bounds | None = None
    colour: StrictStr | None = None
    nodes: tuple[StrictStr, ...] = ()
    """The nodes that move with it."""


class Note(Kept):
    """Text on the canvas, in Markdown."""

    text: StrictStr = ""
    position: Point | None = None
    size: Point | None = None
    colour: StrictStr | None = None


class Parameter(Kept):
    """A name for an input, for people and programs that set it without knowing the graph."""

    node: StrictStr
    input: StrictStr
    help: StrictStr = ""


class Layout(Kept):
    """Everything about a workflow that the editor shows beside the graph itself."""

    nodes: Mapping[str, NodeLayout] = Field(default_factory=dict)
    links: Mapping[str, Mapping[str, LinkLayout]] = Field(default_factory=dict)
    """Node -> input -> how the link into it is drawn."""
    groups: Mapping[str, Group] = Field(default_factory=dict)
    notes: Mapping[str, Note] = Field(default_factory=dict)
    parameters: Mapping[str, Parameter] = Field(default_factory=dict)

    @property
    def modes(self) -> dict[str, Mode]:
        """The nodes that are bypassed or muted."""
        return {node_id: each.mode for node_id, each in self.nodes.items() if each.mode != "normal"}
