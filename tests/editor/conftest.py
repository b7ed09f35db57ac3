"""A real server with the built editor and the embedded model, and Debian's Chromium to look at it."""

from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.editor import chromium
from tests.editor.graph_page import GraphPage
from tests.web.serving import ServerProcess, eventually

ROOT = Path(__file__).parents[2]
SCRIPT = """
import runpy, sys
sys.argv = ["server.py", "serve", *sys.argv[1:]]
runpy.run_path("server.py", run_name="__main__")
"""
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def builder() -> ModuleType:
    """`web/editor/build_editor.py`, which is no part of a package."""
    spec = spec_from_file_location("build_editor", ROOT / "web/editor/build_editor.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    executable = chromium.find()
    if executable is None:
        pytest.skip(chromium.why_not())
    return {**browser_type_launch_args, "executable_path": executable, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 800},
        "locale": "en-GB",
        "color_scheme": "dark",
        "reduced_motion": "reduce",
        "permissions": ["clipboard-read", "clipboard-write"],
    }


@pytest.fixture(scope="session")
def built_editor() -> None:
    """The editor of these sources."""
    editor = builder()
    if editor.is_fresh():
        return
    if not editor.has_node():
        pytest.skip("The editor is not tested in a browser: it is not built, and there is no Node.js on PATH.")
    editor.build()


@pytest.fixture(scope="session")
def editor_server(built_editor: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with all nodes and the embedded model, ready to run."""
    flags = ("--models", str(ROOT / "models"), "--cpu")
    process = ServerProcess(tmp_path_factory.mktemp("editor"), *flags, script=SCRIPT)
    try:
        eventually(lambda: process.ask("GET", "/readyz")[0] == 200, 120)
        yield process
    finally:
        process.stop()


@pytest.fixture
def graph_page(page: Page, editor_server: ServerProcess) -> GraphPage:
    """The editor with the default graph, opened for the first time."""
    shown = GraphPage(page, editor_server.url)
    shown.open()
    return shown
