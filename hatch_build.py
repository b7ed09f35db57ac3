"""Builds the editor while Latentloom is installed, if its sources changed.

Set `LATENTLOOM_SKIP_EDITOR=1` to install without it: the server then shows its status page instead of the editor.
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "LATENTLOOM_SKIP_EDITOR"


class EditorHook(BuildHookInterface):  # type: ignore[type-arg] # hatchling is there only while building
    """Runs `web/editor/build_editor.py`."""

    def dependencies(self) -> list[str]:
        """Node.js as a package, only where a build is needed and PATH has none that is new enough."""
        if self._is_skipped():
            return []
        editor = self._builder()
        return [] if editor.is_fresh() or editor.has_node() else [editor.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before anything is packed."""
        if self._is_skipped():
            return
        editor = self._builder()
        try:
            editor.build()
        except editor.BuildFailed as error:
            raise SystemExit(f"{error}\nTo install without the editor, set {SKIP}=1.") from error

    def _is_skipped(self) -> bool:
        return bool(os.environ.get(SKIP)) or not (Path(self.root) / "web" / "editor").is_dir()

    def _builder(self) -> ModuleType:
        """The builder, which is no part of any package: it has to work before anything is installed."""
        found = importlib.util.spec_from_file_location("build_editor", Path(self.root, "web/editor/build_editor.py"))
        if found is None or found.loader is None:
            raise SystemExit("web/editor/build_editor.py is missing.")
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return module
