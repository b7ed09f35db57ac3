"""Says which pack asks for what this house does not have."""

import sys
from types import FrameType
from typing import Any, NoReturn

from nodes.packs.errors import PackError

PACKAGE = "custom_nodes"
"""The package whose modules the packs are."""


def asking_pack() -> str | None:
    """The name of the pack whose code is being run; None if it is no pack's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package, _, module = str(frame.f_globals.get("__name__", "")).partition(".")
        if package == PACKAGE and module:
            return module.partition(".")[0]
        frame = frame.f_back
    return None


def refusal(name: str) -> str:
    """The sentence that says that a name is not here."""
    pack = asking_pack()
    who = f'The node pack "{pack}"' if pack else "A node pack"
    return f"{who} asks for {name}, which Latentloom does not provide."


def not_provided(name: str) -> type:
    """A class in the place of something that only ComfyUI has.

    Packs can import it, derive from it and compare with it; using it raises, so that their other nodes work.
    """
    module, _, short = name.rpartition(".")
    return _NotProvided(short, (), {"__module__": module, "_full_name": name, **_DECLARATIONS})


def what_is_not_provided(kind: object) -> str | None:
    """What a class of a pack derives from that is not here; None if it can work."""
    return kind._full_name if isinstance(kind, _NotProvided) else None


_DECLARATIONS: dict[str, Any] = {"RETURN_TYPES": (), "RETURN_NAMES": (), "CATEGORY": ""}
"""What classes look at of the class that they derive from."""


class _NotProvided(type):
    _full_name: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(refusal(f"{cls._full_name}.{name}"))

    def __call__(cls, *values: Any, **options: Any) -> NoReturn:
        raise PackError(refusal(cls._full_name))
