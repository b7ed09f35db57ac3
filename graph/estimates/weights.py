"""How many bytes of weights are in model files, read from their headers; remembered while the files stay the same."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

_MOST_HEADER_BYTES = 100 * 1024**2
"""As safetensors itself allows."""
_TENSORS = frozenset({".safetensors", ".sft"})
_PARTS = ("MODEL", "CLIP", "VAE")
_PREFIXES: Mapping[str, str] = {  # of the layouts in which checkpoints come
    "first_stage_model": "VAE",
    "vae": "VAE",
    "cond_stage_model": "CLIP",
    "conditioner": "CLIP",
    "text_encoders": "CLIP",
    "model": "MODEL",
}
_FOLDERS: Mapping[str, str] = {"unet": "MODEL", "transformer": "MODEL", "vae": "VAE"}
WHOLE = ""
"""The part that is everything."""


class Weights:
    """Knows the bytes of model files by part: `MODEL`, `CLIP`, `VAE`, and `WHOLE` for all of it."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], Mapping[str, int]]] = {}

    def of(self, path: Path) -> Mapping[str, int]:
        """The bytes of each part of a model file, or of a folder that is one; none if it cannot be read. Blocks."""
        try:
            return self._folder(path) if path.is_dir() else self._file(path)
        except (OSError, ValueError, TypeError, KeyError):
            return {}

    def _file(self, path: Path) -> Mapping[str, int]:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            found = _by_part(path) if path.suffix.lower() in _TENSORS else {WHOLE: status.st_size}
            known = self._known[path] = stamp, found
        return known[1]

    def _folder(self, path: Path) -> Mapping[str, int]:
        found = dict.fromkeys((WHOLE, *_PARTS), 0)
        for file in sorted(path.glob("*/*.safetensors")):
            nbytes = self._file(file)[WHOLE]
            folder = file.parent.name
            part = _FOLDERS.get(folder) or ("CLIP" if folder.startswith("text_encoder") else None)
            found[WHOLE] += nbytes
            if part is not None:
                found[part] += nbytes
        return found


def _by_part(path: Path) -> Mapping[str, int]:
    found = dict.fromkeys((WHOLE, *_PARTS), 0)
    for name, tensor in _header(path).items():
        if name == "__metadata__":
            continue
        begin, end = tensor["data_offsets"]
        found[WHOLE] += end - begin
        part = _PREFIXES.get(name.partition(".")[0])
        if part is not None:
            found[part] += end - begin
    return found


def _header(path: Path) -> Mapping[str, Mapping[str, list[int]]]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_MOST_HEADER_BYTES, os.fstat(file.fileno()).st_size):
            raise ValueError("no header")
        header: Mapping[str, Mapping[str, list[int]]] = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("no header")
    return header
