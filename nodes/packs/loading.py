"""Loads the packs that the operator names into a worker's registry."""

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from graph.node import Node
from graph.registry import Registry
from graph.spec import PackInfo
from nodes.conditioning.text_encoding import embedding_finder
from nodes.packs.asking import what_is_not_provided
from nodes.packs.classic import Workshop, node_of_class
from nodes.packs.finding import FoundPack, find_packs
from nodes.packs.furnishing import furnish
from nodes.packs.handles import Border
from nodes.packs.house import PackHouse
from nodes.packs.importing import forget, import_pack, told
from nodes.packs.instances import Instances
from nodes.packs.modules import PackModules
from nodes.packs.native import native_nodes
from nodes.packs.newer import node_of_schema
from nodes.packs.origin import Origin, origin_of
from nodes.packs.shims.io_node import ComfyNode

GROUP = "latentloom.nodes"
"""The group of entry points under which installed packages declare their nodes."""
_LOG = logging.getLogger("latentloom.packs")


@dataclass(frozen=True, slots=True)
class LoadedPacks:
    """What came of loading."""

    packs: tuple[PackInfo, ...]
    modules: PackModules | None = None
    """The modules that packs import; None where there are no packs."""

    def unload(self) -> None:
        """Take away the modules that packs import. Workers never do; tests do."""
        if self.modules is not None:
            self.modules.remove()
        for pack in self.packs:
            forget(pack.name)


def load_packs(
    places: Sequence[str | Path],
    house: PackHouse,
    *,
    override: Collection[str] = (),
    installed: Iterable[EntryPoint] | None = None,
) -> LoadedPacks:
    """Import packs and add their nodes to the registry of `house`. One that fails is told, and the others go on.

    Args:
        places: packs, and folders of packs.
        house: the parts of the worker.
        override: our own node types that packs may replace.
        installed: packages that declare nodes; those of this environment unless told otherwise.

    Raises:
        FolderError: a place does not exist.
    """
    found = find_packs(places)
    declared = list(entry_points(group=GROUP) if installed is None else installed)
    if not found and not declared:
        return LoadedPacks(())
    ours = {type_id: house.registry.get(type_id) for type_id in house.registry.type_ids}
    border = Border(house.models, embedding_finder(house.folders))
    modules, classes = furnish(house, border, ours)
    modules.install()
    loader = _Loader(house.registry, Workshop(border, Instances()), classes, frozenset(override), frozenset(ours))
    for pack in found:
        loader.load(pack.name, lambda pack=pack: import_pack(pack), pack)  # type: ignore[misc]  # a default binds it
    for entry in declared:
        loader.load(entry.name, entry.load)
    return LoadedPacks(tuple(loader.told), modules)


@dataclass(slots=True)
class _Loader:
    """Adds the nodes of one pack after another."""

    registry: Registry
    workshop: Workshop
    classes: dict[str, type]
    override: frozenset[str]
    ours: frozenset[str]
    told: list[PackInfo] = field(default_factory=list)

    def load(self, name: str, bring: Callable[[], Any], pack: FoundPack | None = None) -> None:
        """Import a pack, add its nodes, and tell what became of it."""
        path, directory = (str(pack.path), pack.directory) if pack is not None else ("", Path())
        warnings: list[str] = []
        try:
            module = bring()
            origin = origin_of(pack) if pack is not None else Origin(name)
            nodes = [*self._nodes(module, origin, warnings)]
        except (Exception, SystemExit) as error:  # the pack's code may raise anything: it is told, and the rest goes on
            self._tell(PackInfo(name=name, path=path, problem=told(error, directory)))
            return
        added = [node.spec.id for node in nodes if self._add(node, warnings)]
        web = _web_directory(module, directory, warnings) if pack is not None else None
        if not nodes:
            warnings.append("It declares no nodes.")
        self._tell(PackInfo(name=name, path=path, nodes=tuple(added), web_directory=web, warnings=tuple(warnings)))

    def _nodes(self, module: Any, origin: Origin, warnings: list[str]) -> Iterable[Node]:
        """The nodes of a module, whichever way it declares them."""
        yield from native_nodes(module)
        titles = getattr(module, "NODE_DISPLAY_NAME_MAPPINGS", None) or {}
        for type_id, kind in (getattr(module, "NODE_CLASS_MAPPINGS", None) or {}).items():
            yield from self._adapted(kind, str(type_id), str(titles.get(type_id, type_id)), origin, warnings)
        entry = getattr(module, "comfy_entrypoint", None)
        for kind in _awaited(_extension_nodes(entry)) if entry is not None else ():
            yield from self._adapted(kind, kind.__name__, "", origin, warnings)

    def _adapted(self, kind: Any, type_id: str, title: str, origin: Origin, warnings: list[str]) -> Iterable[Node]:
        missing = what_is_not_provided(kind)
        if missing is not None:
            warnings.append(f'Node type "{type_id}" is left out: it builds on {missing}, which is not provided here.')
            return
        try:
            is_newer = isinstance(kind, type) and issubclass(kind, ComfyNode)
            node = (
                node_of_schema(kind, origin, self.workshop)
                if is_newer
                else node_of_class(type_id, kind, title, origin, self.workshop)
            )
        except Exception as error:  # one class that cannot be understood is left out, and told
            warnings.append(f'Node type "{type_id}" is left out: {type(error).__name__}: {error}')
            return
        if node.spec.id not in self.ours or node.spec.id in self.override:
            self.classes.setdefault(node.spec.id, kind)
        yield node

    def _add(self, node: Node, warnings: list[str]) -> bool:
        """Make a node type known, unless there is one of its name."""
        type_id = node.spec.id
        if type_id not in self.registry.type_ids:
            self.registry.add(node)
            return True
        if type_id in self.ours and type_id in self.override:
            self.registry.replace(node)
            warnings.append(f'Node type "{type_id}" takes the place of ours, as the settings allow.')
            return True
        holder = self.registry.get(type_id).spec.source
        advice = " Name it in `packs_override` to let it replace ours." if type_id in self.ours else ""
        warnings.append(f'Node type "{type_id}" is left out: {holder} has one of this name.{advice}')
        return False

    def _tell(self, pack: PackInfo) -> None:
        self.told.append(pack)
        self.registry.note(pack)
        if pack.problem is not None:
            _LOG.warning("Node pack %s cannot be loaded. %s", pack.name, pack.problem)
        for warning in pack.warnings:
            _LOG.warning("Node pack %s: %s", pack.name, warning)


async def _extension_nodes(entry: Callable[[], Any]) -> list[type]:
    """The classes that an entry point of the newer protocol gives."""
    extension = entry()
    extension = await extension if inspect.isawaitable(extension) else extension
    await extension.on_load()
    return list(await extension.get_node_list())


def _awaited(work: Any) -> Any:
    """The result of a coroutine, whether or not an event loop runs on this thread."""
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["result"] = asyncio.run(work)
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run, name="pack entry point")
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]


def _web_directory(module: ModuleType, directory: Path, warnings: list[str]) -> str | None:
    """The absolute path of a pack's scripts for the browser, if it has any inside its folder."""
    declared = getattr(module, "WEB_DIRECTORY", None)
    if not declared:
        return None
    path = (directory / str(declared)).resolve()
    if not path.is_relative_to(directory.resolve()) or not path.is_dir():
        warnings.append(f'Its WEB_DIRECTORY "{declared}" is no folder inside the pack.')
        return None
    return str(path)
