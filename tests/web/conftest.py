"""Servers for the tests of the web: one that many tests share, and as many of its own as a test wants."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.web.serving import ServerProcess, eventually

OwnServer = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose worker is ready. Tests share it, so each uses names of its own."""
    process = ServerProcess(tmp_path_factory.mktemp("server"))
    try:
        eventually(lambda: process.ask("GET", "/readyz")[0] == 200)
        yield process
    finally:
        assert process.stop() == 0


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnServer]:
    """Starts servers of this test alone; whatever still runs at its end is killed."""
    with ExitStack() as stack:

        def start(*flags: str, data: Path = tmp_path / "data", **options: Any) -> ServerProcess:
            process = ServerProcess(data, *flags, **options)
            stack.callback(process.close)
            return process

        yield start
