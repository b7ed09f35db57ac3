"""The names and shapes of the tensors in model files, read from their headers; remembered while files stay the same."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from graph.belonging.facts import Facts, facts_of, facts_of_configs
from graph.belonging.networks import Shapes

_MOST_HEADER_BYTES = 100 * 1024**2
"""As safetensors itself allows."""
_TENSORS = frozenset({".safetensors", ".sft"})
_CONFIGS = ("unet", "transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae")


class Headers:
    """Knows what is in model files. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], Facts]] = {}

    def of(self, path: Path) -> Facts:
        """What a model file or folder holds; nothing if it cannot be read. Blocks for milliseconds."""
        try:
            return facts_of_configs(_configs(path)) if path.is_dir() else self._file(path)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError):
            return Facts()

    def _file(self, path: Path) -> Facts:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            found = facts_of(_shapes(path)) if path.suffix.lower() in _TENSORS else Facts()
            known = self._known[path] = stamp, found
        return known[1]


def _shapes(path: Path) -> Shapes:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_MOST_HEADER_BYTES, os.fstat(file.fileno()).st_size):
            raise ValueError("no header")
        header = json.loads(file.read(length))
    return {name: tuple(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"}


def _configs(folder: Path) -> Mapping[str, Mapping[str, object]]:
    paths = {name: folder / name / "config.json" for name in _CONFIGS}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.is_file()}
