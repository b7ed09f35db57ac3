"""The reference in `docs/nodes` is the one that the declarations give."""

from pathlib import Path

from nodes.catalogue import build_registry
from nodes.reference import EXAMPLES, FOLDER, files, write


def test_the_reference_is_current() -> None:
    current = {found.name: found.read_text(encoding="utf-8") for found in FOLDER.iterdir()}
    assert current == files(build_registry().catalogue), "run `python -m nodes.reference` and commit what it wrote"


def test_every_node_has_an_example_on_its_page() -> None:
    wanted = files(build_registry().catalogue)
    count = sum(text.count("\nExample.") for text in wanted.values())
    assert count == len(build_registry().catalogue.specs)


def test_writing_removes_pages_of_categories_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.md").touch()
    write(tmp_path)
    assert {page.name for page in tmp_path.iterdir()} == {EXAMPLES, *(page.name for page in FOLDER.glob("*.md"))}
