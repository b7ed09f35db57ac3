"""Reads `extra_model_paths.yaml`, the file in which people of the ecosystem say where their models already are.

```yaml
a111:
    base_path: /home/me/stable-diffusion-webui
    checkpoints: models/Stable-diffusion
    loras: |
        models/Lora
        models/LyCORIS
```
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from graph.errors import FolderError
from graph.folders import MODEL_FOLDERS

_NODE_PACKS = "custom_nodes"
_NO_FOLDERS = frozenset({"base_path", "is_default"})
_FOLDER_BY_DIRECTORY = {name: folder for folder, names in MODEL_FOLDERS.items() for name in names}
"""Older files call folders as their directories were called: `unet`, `clip`."""


@dataclass(frozen=True, slots=True)
class ModelPaths:
    """What such a file says, with absolute paths."""

    models: Mapping[str, tuple[str, ...]]
    """Model folder -> directories."""
    node_packs: tuple[str, ...] = ()
    """Directories that hold node packs."""


def read_model_paths(*files: Path) -> ModelPaths:
    """What these files say together.

    Raises:
        FolderError: one cannot be read, or says something else than directories.
    """
    models: dict[str, list[str]] = {}
    for file in files:
        for folder, path in _entries(file):
            paths = models.setdefault(_FOLDER_BY_DIRECTORY.get(folder, folder), [])
            if path not in paths:
                paths.append(path)
    packs = tuple(models.pop(_NODE_PACKS, ()))
    return ModelPaths({folder: tuple(paths) for folder, paths in models.items()}, packs)


def _entries(file: Path) -> Iterator[tuple[str, str]]:
    for name, section in _sections(file).items():
        if section is None:
            continue
        if not isinstance(section, dict):
            raise FolderError(f'{file}: "{name}" must hold lines such as "checkpoints: models/checkpoints".')
        base = os.path.expandvars(os.path.expanduser(str(section.get("base_path") or "")))  # noqa: PTH111
        for folder, lines in section.items():
            if folder in _NO_FOLDERS or lines is None:
                continue
            if not isinstance(lines, str):
                raise FolderError(f'{file}: "{folder}" of "{name}" must be a directory or lines of them.')
            for line in filter(None, map(str.strip, lines.splitlines())):
                yield str(folder), str(Path(os.path.abspath(file)).parent / base / line)  # noqa: PTH100


def _sections(file: Path) -> Mapping[str, Any]:  # YAML values
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FolderError(f"{file} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FolderError(f"{file} is not valid YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise FolderError(f'{file} must hold sections with lines such as "checkpoints: models/checkpoints".')
    return data
