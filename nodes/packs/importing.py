"""Imports packs, and says in a few lines why one could not be imported."""

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from nodes.packs.asking import PACKAGE
from nodes.packs.errors import PackError
from nodes.packs.finding import FoundPack

_LINES = 3


def import_pack(pack: FoundPack) -> ModuleType:
    """Run a pack's code as a module of its own name, below the package `custom_nodes`.

    Raises:
        BaseException: whatever the code raises; nothing of the module is left then.
    """
    forget(pack.name)
    package = sys.modules.setdefault(PACKAGE, _package())
    if str(pack.path.parent) not in package.__path__:
        package.__path__.append(str(pack.path.parent))
    places = [str(pack.path)] if pack.path.is_dir() else None
    spec = importlib.util.spec_from_file_location(pack.name, pack.entry, submodule_search_locations=places)
    if spec is None or spec.loader is None:
        raise PackError(f"{pack.entry} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[pack.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        forget(pack.name)
        raise
    setattr(package, pack.name.rpartition(".")[2], module)
    return module


def forget(name: str) -> None:
    """Remove a module and everything below it from those that are loaded."""
    for each in [*sys.modules]:
        if each == name or each.startswith(f"{name}."):
            del sys.modules[each]


def told(error: BaseException, directory: Path) -> str:
    """Why a pack could not be imported: the error, what to do if that is known, and where in the pack's own code."""
    lines = [f"{type(error).__name__}: {error}"]
    hint = _hint(error, directory)
    if hint:
        lines.append(hint)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(directory)]
    for frame in own[-_LINES:]:
        place = Path(frame.filename).relative_to(directory).as_posix()
        lines.append(f"  {place}:{frame.lineno}: {frame.line}")
    return "\n".join(lines)


def _hint(error: BaseException, directory: Path) -> str | None:
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    package = error.name.partition(".")[0]
    if (directory / "requirements.txt").is_file():
        return f'It needs the Python package "{package}", which is not installed; see its requirements.txt.'
    return f'It needs the Python package "{package}", which is not installed.'


def _package() -> ModuleType:
    package = ModuleType(PACKAGE, "The node packs that the operator named.")
    package.__path__ = []
    return package
