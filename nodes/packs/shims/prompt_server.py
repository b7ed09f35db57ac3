"""`server`: packs register routes and send messages here. The server is another process, so both go nowhere."""

import enum
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


class BinaryEventTypes(enum.IntEnum):
    """Kinds of binary messages."""

    PREVIEW_IMAGE = 1
    UNENCODED_PREVIEW_IMAGE = 2
    TEXT = 3
    PREVIEW_IMAGE_WITH_METADATA = 4


class Routes:
    """Takes the handlers that packs register, and remembers their paths for the report."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in ("get", "post", "put", "patch", "delete", "head", "view", "route"):
            raise AttributeError(f'Routes have no "{method}" here.')

        def register(*path: str, **options: Any) -> Callable[[Any], Any]:
            self.paths.append(path[-1] if path else "")
            return lambda handler: handler

        return register

    def static(self, prefix: str, path: Any, **options: Any) -> None:
        """Take a directory of files."""
        self.paths.append(prefix)


class _Quiet:
    """An object whose methods do nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *values, **options: None


class Server:
    """What `PromptServer.instance` is in a worker."""

    def __init__(self) -> None:
        self.routes = Routes()
        self.app = SimpleNamespace(
            router=_Quiet(),
            add_routes=lambda routes: None,
            add_subapp=lambda *given: None,
            middlewares=[],
            frozen=False,
        )
        self.client_id: str | None = None
        self.last_node_id: str | None = None
        self.last_prompt_id: str | None = None
        self.loop: Any = _Quiet()
        self.messages: Any = _Quiet()
        self.prompt_queue: Any = _Quiet()
        self.user_manager: Any = _Quiet()
        self.sockets: dict[str, Any] = {}
        self.sockets_metadata: dict[str, Any] = {}
        self.on_prompt_handlers: list[Callable[..., Any]] = []
        self.supports = ["custom_nodes_from_web"]
        self.number = 0
        self.address = "127.0.0.1"
        self.port = 0

    def send_sync(self, event: Any, data: Any, sid: str | None = None) -> None:
        """Nothing: messages of packs do not leave the worker."""

    def send_progress_text(self, text: Any, node_id: str, sid: str | None = None) -> None:
        """Nothing, as `send_sync`."""

    async def send(self, event: Any, data: Any, sid: str | None = None) -> None:
        """Nothing, as `send_sync`."""

    send_json = send_bytes = send_image = send

    def queue_updated(self) -> None:
        """Nothing: the queue tells by itself."""

    def add_on_prompt_handler(self, handler: Callable[..., Any]) -> None:
        """Take a function that wants to change graphs when they are submitted; it is never called."""
        self.on_prompt_handlers.append(handler)

    def get_queue_info(self) -> dict[str, Any]:
        """An empty queue."""
        return {"exec_info": {"queue_remaining": 0}}


def new_prompt_server() -> type:
    """The class `PromptServer` with its `instance`."""
    return type("PromptServer", (Server,), {"instance": Server()})
