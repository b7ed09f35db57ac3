"""Lists of file names that remember their folder, so that choices made of them stay up to date."""

from collections.abc import Iterable


class FileNames(list[str]):
    """The names of the files in a model folder.

    Packs put entries of their own before or behind (`["None"] + names`); the sum still knows its folder.
    """

    def __init__(self, names: Iterable[str], folder: str, files: frozenset[str] | None = None) -> None:
        super().__init__(names)
        self.folder = folder
        self.files = frozenset(self) if files is None else files
        """Those that are files; the others are entries of the pack's own."""

    def __add__(self, other: list[str]) -> "FileNames":  # type: ignore[override]  # a list of another kind
        return FileNames([*self, *other], self.folder, self.files)

    def __radd__(self, other: list[str]) -> "FileNames":
        return FileNames([*other, *self], self.folder, self.files)

    def copy(self) -> "FileNames":
        """The same names, of the same folder."""
        return FileNames(self, self.folder, self.files)
