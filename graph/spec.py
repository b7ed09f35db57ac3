"""What a node is, as plain data: the specification that validation, the editor and the documentation derive from."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of the same
Occupies = Literal["instant", "cpu", "io", "gpu"]
"""What a node needs while it runs. `instant` runs at once on the scheduler's own thread and must take microseconds;
`cpu` and `io` nodes overlap with everything; `gpu` nodes run one at a time per device."""

RANDOMIZE = "randomize"
"""What a seed holds that is left to chance; see `graph.seeds`."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Autogrow(_Data):
    """A group of inputs that grows as people link them: `values.a`, `values.b`, … or `images.image0`, ….

    `names` lists the possible children in order, without the group's own name; the first `minimum` are required.
    """

    names: tuple[str, ...]
    minimum: int = Field(default=0, ge=0)


class InputSpec(_Data):
    """One input of a node: its socket type, its limits and its help."""

    name: str
    type: str
    """A wire type: a socket such as `IMAGE`, a widget type (`INT FLOAT STRING BOOLEAN COMBO`), a union, or `*`."""
    required: bool = True
    """Whether the input must be given (or have a default)."""
    has_default: bool = False
    default: Json = None
    choices: tuple[Json, ...] | None = None
    """The acceptable values of a COMBO whose list is fixed."""
    files: str | None = None
    """The folder whose files a COMBO chooses from, such as `checkpoints` or `input`; the key of a node that reads a
    file holds the content of that file."""
    extra_choices: tuple[str, ...] = ()
    """Names that a `files` COMBO accepts besides the files themselves."""
    minimum: int | float | None = None
    maximum: int | float | None = None
    step: int | float | None = None
    help: str = ""
    multiline: bool = False
    socket_only: bool = False
    """Whether a widget type is shown as a socket without a widget."""
    lazy: bool = False
    """Whether the input is evaluated only when the node asks for it."""
    raw_link: bool = False
    """Whether the node receives the `[node, slot]` pair itself instead of a value."""
    control_after_generate: bool = False
    """Whether the editor offers to change the value after each run, as seeds do. Such an input may hold `RANDOMIZE`."""
    autogrow: Autogrow | None = None
    only_for: tuple[Json, ...] = ()
    """For an input called `group.child`: the choices of the input `group` with which it exists; empty means all."""
    options: Mapping[str, Json] = Field(default_factory=dict)
    """Further options of the classic protocol, passed on as they are."""


class OutputSpec(_Data):
    """One output of a node. A list output maps its consumers over the elements."""

    name: str
    type: str
    is_list: bool = False
    help: str = ""


Measure = str | int | float
"""The name of an input whose value counts, or a number."""


class SizeRule(_Data):
    """How large the pictures are that a node gives (images, masks, latents), said without running it.

    The server estimates from this how much memory a graph takes, so it is data. Sizes are in pixels of the picture, for
    latents too. A node without a rule gets one from the names of its inputs, see `graph.estimates.rules`.
    """

    like: tuple[str, ...] = ()
    """The linked inputs whose size it is, before what follows; of several the largest counts."""
    joins: bool = False
    """Whether the pictures of all `like` are put into one batch."""
    width: Measure | None = None
    """Replaces the width; 0 keeps the aspect ratio."""
    height: Measure | None = None
    count: tuple[Measure, ...] = ()
    """Replaces how many pictures there are: the product of these, such as a batch size and a number of frames."""
    at_most: Measure | None = None
    """How many pictures there are at most."""
    times: Measure | None = None
    """How often the pictures are repeated."""
    scale: Measure | None = None
    """New side over old side."""
    wider: tuple[Measure, ...] = ()
    """What is added to the width."""
    higher: tuple[Measure, ...] = ()


class PackInfo(_Data):
    """What became of a node pack when a worker imported it."""

    name: str
    """The name of its module: `custom_nodes.<folder>`, or of an installed package."""
    path: str = ""
    """Where it is; empty for installed packages."""
    nodes: tuple[str, ...] = ()
    """The node types that it brought."""
    web_directory: str | None = None
    """The directory of its scripts for the browser, if it has one."""
    problem: str | None = None
    """Why it could not be imported; its nodes do not exist then."""
    warnings: tuple[str, ...] = ()
    """What else a person should know, such as nodes that were left out."""


class NodeSpec(_Data):
    """Everything about a node type except its code."""

    id: str
    """The type id that documents use (`class_type`); it never changes once released."""
    title: str
    category: str
    description: str = ""
    """Markdown; its first line is one sentence."""
    version: int = Field(default=1, ge=1)
    """Raised when the meaning of the node changes; part of every cache key."""
    inputs: tuple[InputSpec, ...] = ()
    outputs: tuple[OutputSpec, ...] = ()
    is_output: bool = False
    """Whether the node is a reason to run a graph: it saves or shows something."""
    takes_lists: bool = False
    """Whether the node receives whole lists instead of being mapped over their elements."""
    cacheable: bool = True
    occupies: Occupies = "cpu"
    accepts_undeclared: bool = False
    """Whether inputs that are not declared reach the node."""
    depends_on_id: bool = False
    """Whether the result depends on the node's id, so that two equal nodes are not one."""
    has_fingerprint: bool = False
    """Whether the node brings a change token of its own."""
    has_validator: bool = False
    """Whether the node's own code checks some inputs; only a worker can ask it."""
    own_checks: tuple[str, ...] = ()
    """The inputs that the node's own code checks in place of the limits declared here; `*` means all of them."""
    checks_types: bool = False
    """Whether the node's own code decides which types may be linked."""
    size: SizeRule | None = None
    """How large the pictures are that the node gives, where the names of its inputs do not say it."""
    deprecated: bool = False
    experimental: bool = False
    source: str = "latentloom"
    """The module or node pack that declares the node."""

    def input(self, name: str) -> InputSpec | None:
        """The declared input called `name`, if there is one."""
        return next((each for each in self.inputs if each.name == name), None)

    def is_in_force(self, each: InputSpec, given: Mapping[str, Json]) -> bool:
        """Whether an input exists with the values that a node was given: it, and the choice that it belongs to."""
        while each.only_for:
            parent = self.input(each.name.rpartition(".")[0])
            if parent is None or given.get(parent.name, parent.default) not in each.only_for:
                return False
            each = parent
        return True
