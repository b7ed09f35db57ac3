"""The node types that ComfyUI ships, to tell a node that is missing here from one that nobody knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LEFT_OUT = "-"


@dataclass(frozen=True, slots=True)
class CoreType:
    """A node type of ComfyUI's core, whether it is provided here or not."""

    name: str
    what: str = ""
    """What it is about, where that helps; empty for those that everybody knows."""
    instead: str | None = None
    """A node type that may do in its place, wholly or in part."""
    is_dispensable: bool = False
    """Whether a graph does much the same without it: what it takes can be linked to what it feeds."""


@cache
def core_type_by_name() -> Mapping[str, CoreType]:
    """Every node type of ComfyUI's core (0.27), from lines of `name`, what it is and what may take its place."""
    lines = Path(__file__).with_name("comfy_core_types.txt").read_text(encoding="utf-8").splitlines()
    return {each.name: each for each in map(_read, lines)}


@cache
def comfy_core_types() -> frozenset[str]:
    """The names of all node types of ComfyUI's core."""
    return frozenset(core_type_by_name())


def _read(line: str) -> CoreType:
    name, what, instead = (*line.split("\t"), "", "")[:3]
    is_dispensable = instead == _LEFT_OUT
    return CoreType(name, what, None if is_dispensable else instead or None, is_dispensable)
