import asyncio
from pathlib import Path

import pytest

from graph.registry import Catalogue
from graph.spec import NodeSpec
from web.catalogue import CatalogueNotReady, KnownCatalogue, source_stamp

CATALOGUE = Catalogue({"Show": NodeSpec(id="Show", title="Show", category="test")}, {"Old": "Show"})


def known(folder: Path, stamp: str = "stamp", patience: float = 5.0) -> KnownCatalogue:
    return KnownCatalogue(folder / "catalogue.json", stamp, patience)


async def test_whoever_asks_early_waits_for_the_worker(tmp_path: Path) -> None:
    catalogue = known(tmp_path)
    asking = [asyncio.create_task(catalogue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    catalogue.announce(CATALOGUE)
    assert await asyncio.gather(*asking) == [CATALOGUE] * 3


async def test_the_wait_ends_with_a_reason(tmp_path: Path) -> None:
    catalogue = known(tmp_path, patience=0.01)
    with pytest.raises(CatalogueNotReady, match="still starting"):
        await catalogue.get()
    catalogue.fail("no torch")
    with pytest.raises(CatalogueNotReady, match="no torch"):
        await catalogue.get()
    catalogue.announce(CATALOGUE)
    assert await catalogue.get() == CATALOGUE


async def test_the_last_one_is_known_at_once_if_nothing_changed(tmp_path: Path) -> None:
    first = known(tmp_path)
    first.announce(CATALOGUE)
    first.keep()
    again = known(tmp_path, patience=0.01)
    assert (await again.get()).digest == CATALOGUE.digest
    assert not again.is_announced
    with pytest.raises(CatalogueNotReady):
        await known(tmp_path, "another stamp", 0.01).get()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"stamp": "stamp"}', '{"stamp": "stamp", "catalogue": {"specs": 7}}']
)
async def test_a_damaged_copy_is_not_used(tmp_path: Path, content: str) -> None:
    (tmp_path / "catalogue.json").write_text(content)
    with pytest.raises(CatalogueNotReady):
        await known(tmp_path, patience=0.01).get()


def test_the_stamp_changes_with_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "some_nodes").mkdir()
    module = tmp_path / "some_nodes" / "things.py"
    module.write_text("raise ImportError('must not be imported')")
    before = source_stamp("some_nodes.things:create")
    assert source_stamp("some_nodes.things:create") == before
    module.write_text("raise ImportError('must not be imported, ever')")
    assert source_stamp("some_nodes.things:create") != before
