from collections.abc import Iterator

import pytest

from tests.nodes.packs.worlds import CLASSIC, NEWER, World, world


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A worker with both test packs; its cache is that of the whole test file."""
    with world(tmp_path_factory.mktemp("data"), CLASSIC, NEWER) as opened:
        yield opened
