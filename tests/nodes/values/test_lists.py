"""Lists: what is put into one, and what runs for each of it."""

from pathlib import Path

from nodes.values.lists import create_list
from tests.nodes.test_running import House


def test_elements_stand_one_after_the_other() -> None:
    assert create_list({"input1": [3], "input0": [1, 2]}).list == [1, 2, 3]


def test_what_uses_a_list_runs_once_for_each_element(tmp_path: Path) -> None:
    graph = {
        "red": ("PrimitiveString", {"value": "red"}),
        "list": ("CreateList", {"inputs.input0": ["red", 0], "inputs.input1": "blue"}),
        "text": ("StringConcatenate", {"string_a": ["list", 0], "string_b": "fox", "delimiter": " "}),
        "show": ("PreviewAny", {"source": ["text", 0]}),
    }
    assert House(tmp_path).run(graph).ui["show"] == {"text": ["red fox", "blue fox"]}
