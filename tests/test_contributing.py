"""The node that CONTRIBUTING.md writes in five minutes works as it stands there."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from graph.registry import Registry

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


def test_the_node_of_the_guide_works_and_passes_its_own_test(monkeypatch: pytest.MonkeyPatch) -> None:
    module_text, test_text = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    module = ModuleType("nodes.images.tiling")
    monkeypatch.setitem(sys.modules, "nodes.images.tiling", module)
    exec(compile(module_text, "CONTRIBUTING.md", "exec"), vars(module))
    spec = Registry.from_modules([module]).catalogue.specs["ImageTile"]
    assert spec.description == "Repeat pictures like tiles on a wall."
    assert [(each.name, each.type, each.default) for each in spec.inputs] == [
        ("image", "IMAGE", None),
        ("columns", "INT", 2),
        ("rows", "INT", 2),
    ]
    test = ModuleType("test_tiling")
    exec(compile(test_text, "CONTRIBUTING.md", "exec"), vars(test))
    test.test_tiles_repeat_the_picture()
