"""`folder_paths`: where files are, by the names that packs call folders."""

import os
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from graph.artefact_names import Name
from graph.artefacts import highest_number
from graph.errors import FolderError
from graph.folders import DATA_FOLDERS, WEIGHT_SUFFIXES, Folders
from nodes.packs.file_names import FileNames

_BATCH = "batch\u2060num"
_OLD_NAMES = {"unet": "diffusion_models", "clip": "text_encoders"}
Registered = tuple[list[str], set[str]]
"""Directories, and the suffixes of the files that count; none means all."""


@dataclass
class FolderPaths:
    """The module's functions, over the folders of a worker."""

    folders: Folders
    pack_folders: tuple[str, ...] = ()
    folder_names_and_paths: MutableMapping[str, Registered] = field(default_factory=dict)
    """Packs change this to have folders of their own."""

    def __post_init__(self) -> None:
        for name in self.folders.model_folders():
            paths = [str(path) for path in self.folders.directories(name)]
            self.folder_names_and_paths[name] = (paths, set(WEIGHT_SUFFIXES))
        self.folder_names_and_paths["custom_nodes"] = ([*self.pack_folders], set())
        self._own = {name: list(paths) for name, (paths, _) in self.folder_names_and_paths.items()}
        self.supported_pt_extensions = set(WEIGHT_SUFFIXES)
        self.base_path = str(self.folders.data.absolute())
        self.models_dir = str(self.folders.models[0].absolute()) if self.folders.models else self.base_path
        self.input_directory = self.get_input_directory()
        self.output_directory = self.get_output_directory()
        self.temp_directory = self.get_temp_directory()
        self.user_directory = self.get_user_directory()

    def get_input_directory(self) -> str:
        """Where people put files for their graphs."""
        return self._made("input")

    def get_output_directory(self) -> str:
        """Where results go."""
        return self._made("output")

    def get_temp_directory(self) -> str:
        """Where results go that nobody keeps."""
        return self._made("temp")

    def get_user_directory(self) -> str:
        """Where settings of people are."""
        path = self.folders.data.absolute() / "user"
        path.mkdir(parents=True, exist_ok=True)
        return str(path)

    def get_directory_by_type(self, type_name: str) -> str | None:
        """The directory of `input`, `output` or `temp`."""
        return self._made(type_name) if type_name in DATA_FOLDERS else None

    def get_folder_paths(self, folder_name: str) -> list[str]:
        """The directories of a model folder.

        Raises:
            KeyError: there is none of this name.
        """
        return list(self._registered(folder_name)[0])

    def add_model_folder_path(self, folder_name: str, full_folder_path: str, is_default: bool = False) -> None:
        """Look for a folder's files in one more directory."""
        name = _OLD_NAMES.get(folder_name, folder_name)
        paths = self.folder_names_and_paths.setdefault(name, ([], set()))[0]
        if full_folder_path not in paths:
            paths.insert(0 if is_default else len(paths), full_folder_path)

    def get_filename_list(self, folder_name: str) -> list[str]:
        """The names of the files in a model folder, by the name that documents use.

        Raises:
            KeyError: there is no folder of this name.
        """
        name = _OLD_NAMES.get(folder_name, folder_name)
        paths, suffixes = self._registered(name)
        if self._own.get(name) == paths and name != "custom_nodes":
            return FileNames(self.folders.names(name), name)
        return sorted({each for path in paths for each in _walk(path, suffixes)})

    def get_full_path(self, folder_name: str, filename: str) -> str | None:
        """The path of a file in a model folder; None if it is not there, or not inside."""
        for path in self.get_folder_paths(folder_name):
            try:
                found = _inside(path, filename)
            except FolderError:
                return None
            if found.exists():
                return str(found)
        return None

    def get_full_path_or_raise(self, folder_name: str, filename: str) -> str:
        """The path of a file in a model folder.

        Raises:
            FileNotFoundError: it is not there.
        """
        found = self.get_full_path(folder_name, filename)
        if found is None:
            raise FileNotFoundError(f'There is no "{filename}" in the model folder "{folder_name}".')
        return found

    def annotated_filepath(self, name: str) -> tuple[str, str | None]:
        """A name without its suffix, such as ` [output]`, and the directory that the suffix means."""
        for folder in DATA_FOLDERS:
            suffix = f"[{folder}]"
            if name.endswith(suffix):
                return name.removesuffix(suffix).rstrip(), self._made(folder)
        return name, None

    def get_annotated_filepath(self, name: str, default_dir: str | None = None) -> str:
        """The path of an input file, or of what the suffix of the name says.

        Raises:
            FolderError: the name leaves its directory.
        """
        plain, directory = self.annotated_filepath(name)
        return str(_inside(directory or default_dir or self.get_input_directory(), plain))

    def exists_annotated_filepath(self, name: str) -> bool:
        """Whether that file is there."""
        try:
            return os.path.exists(self.get_annotated_filepath(name))  # noqa: PTH110 - a name may hold anything
        except (FolderError, ValueError):
            return False

    def get_input_subfolders(self) -> list[str]:
        """The directories below the input folder."""
        root = Path(self.get_input_directory())
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir())

    def get_save_image_path(
        self, filename_prefix: str, output_dir: str, image_width: int = 0, image_height: int = 0
    ) -> tuple[str, str, int, str, str]:
        """Where to save: directory, file name without number, next number, sub-folder, prefix.

        Raises:
            FolderError: the prefix leaves the directory.
        """
        kept = filename_prefix.replace("%batch_num%", _BATCH)  # packs fill this in themselves
        subfolder, stem = Name(kept, "", image_width, image_height).parts(0, datetime.now())
        stem = stem.replace(_BATCH, "%batch_num%")
        directory = Path(output_dir) / subfolder
        directory.mkdir(parents=True, exist_ok=True)
        return str(directory), stem, highest_number(directory, stem) + 1, subfolder, filename_prefix

    def filter_files_extensions(self, files: Iterable[str], extensions: Iterable[str]) -> list[str]:
        """The names that have one of these suffixes; all if none is given."""
        wanted = {each.lower() for each in extensions}
        return sorted(name for name in files if not wanted or Path(name).suffix.lower() in wanted)

    def filter_files_content_types(self, files: Iterable[str], content_types: Iterable[str]) -> list[str]:
        """The names of pictures, videos or sounds."""
        wanted = {suffix for kind in content_types for suffix in _SUFFIXES.get(kind, ())}
        return [name for name in files if Path(name).suffix.lower() in wanted]

    def _registered(self, folder_name: str) -> Registered:
        name = _OLD_NAMES.get(folder_name, folder_name)
        try:
            return self.folder_names_and_paths[name]
        except KeyError:
            raise KeyError(f'there is no model folder "{folder_name}"') from None

    def _made(self, folder: str) -> str:
        path = self.folders.directories(folder)[0].absolute()
        path.mkdir(parents=True, exist_ok=True)
        return str(path)


_SUFFIXES = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    "video": (".mp4", ".webm", ".mkv", ".mov", ".avi"),
    "audio": (".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a"),
}


def _inside(directory: str, name: str) -> Path:
    """The path of a name in a directory.

    Raises:
        FolderError: it leads outside.
    """
    path = Path(directory, name)
    if "\0" in name or not path.resolve().is_relative_to(Path(directory).resolve()):
        raise FolderError(f'"{name}" leaves its folder; use a relative path without "..".')
    return path


def _walk(root: str, suffixes: Iterable[str]) -> Iterable[str]:
    wanted = {each.lower() for each in suffixes}
    for parent, directories, files in os.walk(root, followlinks=True):
        directories[:] = [each for each in directories if not each.startswith(".")]
        for name in files:
            if not wanted or Path(name).suffix.lower() in wanted:
                yield Path(parent, name).relative_to(root).as_posix()
