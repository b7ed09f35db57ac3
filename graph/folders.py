"""Where files are: model folders, inputs, outputs; their names, their paths and the digests of their content."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

from graph.errors import FolderError

MODEL_FOLDERS: Mapping[str, tuple[str, ...]] = {
    "checkpoints": ("checkpoints",),
    "configs": ("configs",),
    "loras": ("loras",),
    "vae": ("vae",),
    "text_encoders": ("text_encoders", "clip"),
    "diffusion_models": ("diffusion_models", "unet"),
    "clip_vision": ("clip_vision",),
    "style_models": ("style_models",),
    "embeddings": ("embeddings",),
    "diffusers": ("diffusers",),
    "vae_approx": ("vae_approx",),
    "controlnet": ("controlnet", "t2i_adapter"),
    "gligen": ("gligen",),
    "upscale_models": ("upscale_models",),
    "latent_upscale_models": ("latent_upscale_models",),
    "hypernetworks": ("hypernetworks",),
    "photomaker": ("photomaker",),
    "classifiers": ("classifiers",),
    "model_patches": ("model_patches",),
    "audio_encoders": ("audio_encoders",),
    "background_removal": ("background_removal",),
    "frame_interpolation": ("frame_interpolation",),
    "ipadapter": ("ipadapter",),
}
"""Folder name -> the directories below a models root that are searched for it."""

SAVED_MODELS: Mapping[str, str] = {
    "checkpoints": "checkpoints",
    "text_encoders": "clip",
    "vae": "vae",
    "diffusion_models": "diffusion_models",
    "loras": "loras",
    "embeddings": "embeddings",
}
"""Folder name -> the directory below the output folder that is searched last: what nodes saved can be loaded."""
PICKLES = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".pkl"})
"""What files end with that may hold programs: they are listed, but never opened."""
WEIGHT_SUFFIXES = frozenset({".safetensors", ".sft", ".gguf"}) | PICKLES
SUFFIXES: Mapping[str, frozenset[str]] = {"configs": frozenset({".yaml", ".yml"})}
"""What is listed of model folders that hold something else than weights."""
FOLDER_MODELS = frozenset({"checkpoints", "diffusers"})
"""Folders in which a directory with a `model_index.json` counts as one model."""
DATA_FOLDERS = ("input", "output", "temp")
INPUT_FOLDERS = "input_folders"
"""Stands for the sub-folders of the input folder, where an input names one of those instead of a file."""


@dataclass
class Folders:
    """The directories that a worker reads from and writes to, and what is in them.

    Names are relative to their folder, with `/` between parts, as they stand in documents. A name may carry a suffix
    such as ` [output]` that says which data folder it is in. Links are followed in model folders, which belong to who
    runs the server; in data folders, which others write into, a name never leads outside.
    """

    data: Path
    """Run-time state: inputs, outputs, temporary files, caches."""
    models: Sequence[Path] = ()
    """Roots that hold the model folders, searched in order."""
    output: Path | None = None
    """Where results go; `data/output` unless told otherwise."""
    input: Path | None = None
    temp: Path | None = None
    extra_models: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    """Folder name -> further directories, searched after those below the roots."""
    _digests: "_Digests | None" = field(default=None, init=False, repr=False)

    def directories(self, folder: str) -> tuple[Path, ...]:
        """The directories that make up `folder`, whether they exist or not.

        Raises:
            FolderError: there is no folder of that name.
        """
        if folder in DATA_FOLDERS:
            return (getattr(self, folder) or self.data / folder,)
        if folder == INPUT_FOLDERS:
            return self.directories("input")
        known = {**dict.fromkeys(self.extra_models, ()), **MODEL_FOLDERS}
        if folder not in known:
            raise FolderError(f'There is no folder "{folder}"; folders are {", ".join((*DATA_FOLDERS, *known))}.')
        below_roots = (root / name for root in self.models for name in known[folder])
        saved = (self.directories("output")[0] / SAVED_MODELS[folder],) if folder in SAVED_MODELS else ()
        return (*below_roots, *self.extra_models.get(folder, ()), *saved)

    def model_folders(self) -> list[str]:
        """The names of the model folders there are."""
        return list(dict.fromkeys((*MODEL_FOLDERS, *self.extra_models)))

    def names(self, folder: str) -> list[str]:
        """The sorted names of what is in `folder`: weight files for model folders, every file for data folders."""
        return sorted({name for _, name, _ in self.located(folder)})

    def located(self, folder: str) -> list[tuple[int, str, Path]]:
        """What is in `folder`, with the number of its directory and its path there; a name may be in several."""
        return [
            (number, path.relative_to(directory).as_posix(), path)
            for number, directory in enumerate(self.directories(folder))
            if directory.is_dir()
            for path in _walk(directory, folder)
        ]

    def path(self, folder: str, name: str) -> Path:
        """The existing file (or model directory) that `name` means.

        Raises:
            FolderError: the name leaves the folder, or nothing is there.
        """
        name, folder = _without_suffix(name, folder)
        parts = name.replace("\\", "/").split("/")
        if not name or "\0" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
            raise FolderError(
                f'"{name}" is not an acceptable file name in "{folder}": use a relative path without "..".'
            )
        for directory in self.directories(folder):
            candidate = directory.joinpath(*parts)
            if candidate.exists() and (self._is_operators(directory) or _is_inside(candidate, directory)):
                return candidate
        raise FolderError(
            f'"{name}" is not in the folder "{folder}" ({", ".join(map(str, self.directories(folder)))}).'
        )

    def _is_operators(self, directory: Path) -> bool:
        """Whether only who runs the server puts files into a directory: where models are linked to, they are meant."""
        return not any(_is_inside(directory, self.directories(each)[0]) for each in DATA_FOLDERS)

    def digest(self, folder: str, name: str) -> str:
        """BLAKE3 of the file's content (of all files, for a directory); remembered until size or time change.

        Raises:
            FolderError: as `path`.
        """
        if self._digests is None:
            self._digests = _Digests(self.data / "cache" / "digests.json")
        return self._digests.of(self.path(folder, name))


def _is_inside(path: Path, directory: Path) -> bool:
    return path.resolve().is_relative_to(directory.resolve())


def _walk(directory: Path, folder: str) -> list[Path]:
    found = []
    for parent, directories, files in os.walk(directory, followlinks=True):
        place = Path(parent)
        if folder in FOLDER_MODELS and "model_index.json" in files and place != directory:
            found.append(place)
            directories.clear()
            continue
        directories[:] = [each for each in directories if not each.startswith(".")]
        if folder == INPUT_FOLDERS:
            found += [place / each for each in directories]
            continue
        if folder == "diffusers":
            continue
        wanted, suffixes = folder in DATA_FOLDERS, SUFFIXES.get(folder, WEIGHT_SUFFIXES)
        found += [
            place / each
            for each in files
            if not each.startswith(".") and (wanted or Path(each).suffix.lower() in suffixes)
        ]
    return found


def _without_suffix(name: str, folder: str) -> tuple[str, str]:
    for other in DATA_FOLDERS:
        if name.endswith(f" [{other}]"):
            return name[: -len(other) - 3], other
    return name, folder


class _Digests:
    """Content digests by path, kept on disk with the size and time of change they were taken at."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[str, list[object]] = _read(store)

    def of(self, path: Path) -> str:
        if path.is_dir():
            digest = hashlib.sha256()
            for each in sorted(path.rglob("*")):
                if each.is_file():
                    digest.update(f"{each.relative_to(path).as_posix()}\0{self.of(each)}\0".encode())
            return digest.hexdigest()
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        key = str(path.resolve())
        known = self._known.get(key)
        if known is not None and known[:3] == stamp:
            return str(known[3])
        digest_hex = blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()
        self._known[key] = [*stamp, digest_hex]
        self._write()
        return digest_hex

    def _write(self) -> None:
        self._store.parent.mkdir(parents=True, exist_ok=True)
        draft = self._store.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(self._known))
        draft.replace(self._store)


def _read(store: Path) -> dict[str, list[object]]:
    try:
        known = json.loads(store.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
