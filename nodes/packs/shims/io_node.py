"""A node of the newer protocol: the schema that it declares, the class that it derives from, what it returns."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from graph.values import Blocker


class Hidden(enum.Enum):
    """What a node may be given without being linked to it."""

    unique_id = "UNIQUE_ID"
    prompt = "PROMPT"
    extra_pnginfo = "EXTRA_PNGINFO"
    dynprompt = "DYNPROMPT"
    auth_token_comfy_org = "AUTH_TOKEN_COMFY_ORG"
    api_key_comfy_org = "API_KEY_COMFY_ORG"


class HiddenHolder:
    """What the running node was given, as `cls.hidden`; what it did not ask for is None."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        for each in Hidden:
            setattr(self, each.name, values.get(each.name))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class Schema:
    """Everything that a node declares about itself."""

    def __init__(
        self,
        node_id: str,
        display_name: str | None = None,
        category: str = "sd",
        inputs: Sequence[Any] | None = None,
        outputs: Sequence[Any] | None = None,
        hidden: Sequence[Hidden] | None = None,
        description: str = "",
        **flags: Any,
    ) -> None:
        self.node_id = node_id
        self.display_name = display_name
        self.category = category
        self.inputs = list(inputs or [])
        self.outputs = list(outputs or [])
        self.hidden = list(hidden or [])
        self.description = description
        self.is_input_list = bool(flags.get("is_input_list", False))
        self.is_output_node = bool(flags.get("is_output_node", False))
        self.is_deprecated = bool(flags.get("is_deprecated", False))
        self.is_experimental = bool(flags.get("is_experimental", False))
        self.is_api_node = bool(flags.get("is_api_node", False))
        self.not_idempotent = bool(flags.get("not_idempotent", False))
        self.enable_expand = bool(flags.get("enable_expand", False))
        self.accept_all_inputs = bool(flags.get("accept_all_inputs", False))
        self.flags = flags


class NodeOutput:
    """What `execute` returns: a value for each output, and what is shown."""

    def __init__(
        self, *args: Any, ui: Any = None, expand: Mapping[str, Any] | None = None, block_execution: str | None = None
    ) -> None:
        self.args = args
        self.ui = ui
        self.expand = expand
        self.block_execution = block_execution

    @property
    def result(self) -> tuple[Any, ...] | None:
        """The values; None if there are none."""
        return self.args or None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "NodeOutput":
        """The output that a dict of the classic protocol means."""
        result = data.get("result") or ()
        if isinstance(result, Blocker):
            return cls(ui=data.get("ui"), expand=data.get("expand"), block_execution=result.message)
        return cls(*result, ui=data.get("ui"), expand=data.get("expand"))

    def as_classic(self) -> dict[str, Any]:
        """The dict of the classic protocol that says the same."""
        blocked = Blocker(self.block_execution) if self.block_execution is not None else None
        ui = self.ui.as_dict() if hasattr(self.ui, "as_dict") else self.ui
        return {"result": blocked or self.result, "ui": ui, "expand": self.expand}


class ComfyNode:
    """What every node of the newer protocol derives from. Its methods are class methods: nodes keep nothing."""

    hidden: Any = HiddenHolder({})

    @classmethod
    def define_schema(cls) -> Schema:
        """What the node declares."""
        raise AttributeError(f"{cls.__name__} declares nothing: it needs a class method define_schema.")

    @classmethod
    def execute(cls, **inputs: Any) -> Any:  # noqa: ARG003 - nodes take theirs
        """What the node does."""
        raise AttributeError(f"{cls.__name__} does nothing: it needs a class method execute.")

    @classmethod
    def validate_inputs(cls, **inputs: Any) -> bool | str:  # noqa: ARG003 - nodes take theirs
        """Whether the inputs are right; only asked if a node overrides it."""
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> Any:  # noqa: ARG003 - nodes take theirs
        """What the result depends on besides the inputs; only asked if a node overrides it."""
        return None

    @classmethod
    def check_lazy_status(cls, **inputs: Any) -> list[str]:
        """Which lazy inputs are wanted: all of them, unless a node overrides it."""
        return [name for name, value in inputs.items() if value is None]

    @classmethod
    def GET_SCHEMA(cls) -> Schema:  # noqa: N802 - the protocol's name
        """What the node declares."""
        return cls.define_schema()


class ComfyExtension:
    """What `comfy_entrypoint` gives: the nodes of a pack."""

    async def on_load(self) -> None:
        """Called once before the nodes are asked for."""

    async def get_node_list(self) -> list[type[ComfyNode]]:
        """The classes of the nodes."""
        return []
