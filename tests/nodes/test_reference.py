"""The reference in `docs/nodes` is the one that the declarations give."""

from pathlib import Path

from graph.reference import pages
from nodes.catalogue import build_registry
from nodes.reference import FOLDER, write


def test_the_reference_is_current() -> None:
    current = {page.name: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md")}
    assert current == pages(build_registry().catalogue), "run `python -m nodes.reference` and commit what it wrote"


def test_writing_removes_pages_of_categories_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.md").touch()
    write(tmp_path)
    assert {page.name for page in tmp_path.iterdir()} == set(pages(build_registry().catalogue))
