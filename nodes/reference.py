"""Writes the reference of the nodes into `docs/nodes`: `python -m nodes.reference`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from graph.reference import pages
from graph.registry import Catalogue
from nodes.catalogue import build_registry
from nodes.examples.building import examples

FOLDER = Path(__file__).parents[1] / "docs" / "nodes"
EXAMPLES = "examples.json"
"""Holds the example of each node type, for programs: `{"graph": …, "needs": […]}` by type."""


def files(catalogue: Catalogue) -> Mapping[str, str]:
    """File name -> text of everything that the folder holds."""
    shown = examples(catalogue)
    lines = ",\n".join(f'"{type_id}": {json.dumps(asdict(each))}' for type_id, each in shown.items())
    return {**pages(catalogue, shown), EXAMPLES: f"{{\n{lines}\n}}\n"}


def write(folder: Path) -> None:
    """Write every file, and remove those that are not written any more, such as pages of categories that are gone."""
    wanted = files(build_registry().catalogue)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    for found in (*folder.glob("*.md"), *folder.glob("*.json")):
        if found.name not in wanted:
            found.unlink()


if __name__ == "__main__":
    write(FOLDER)
