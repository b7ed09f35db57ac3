"""The node types that ComfyUI ships, to tell a node that is missing here from one that nobody knows."""

from functools import cache
from pathlib import Path


@cache
def comfy_core_types() -> frozenset[str]:
    """Every node type of ComfyUI's core (0.27), whether it is provided here or not."""
    return frozenset(Path(__file__).with_name("comfy_core_types.txt").read_text(encoding="utf-8").splitlines())
