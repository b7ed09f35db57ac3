"""Writes the reference of the nodes into `docs/nodes`: `python -m nodes.reference`."""

from pathlib import Path

from graph.reference import pages
from nodes.catalogue import build_registry

FOLDER = Path(__file__).parents[1] / "docs" / "nodes"


def write(folder: Path) -> None:
    """Write every page, and remove pages of categories that no longer exist."""
    wanted = pages(build_registry().catalogue)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    for page in folder.glob("*.md"):
        if page.name not in wanted:
            page.unlink()


if __name__ == "__main__":
    write(FOLDER)
