"""Lists: what is put into one, and what runs for each of it."""

from pathlib import Path

import pytest

from nodes.values.lists import create_list, get_item
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


def test_an_item_is_taken_out_of_a_list() -> None:
    assert get_item(["a", "b", "c"], [1]) == "b"
    assert get_item([["a", "b"]], [-1]) == "b"  # one value that is a list itself
    assert get_item(["ab"], [0]) == "ab"
    with pytest.raises(ValueError, match="index must be between -2 and 1, for 2 items; got 2"):
        get_item(["a", "b"], [2])


def test_an_item_of_a_list_runs_alone(tmp_path: Path) -> None:
    graph = {
        "list": ("CreateList", {"inputs.input0": "red", "inputs.input1": "blue"}),
        "item": ("GetItemFromList", {"list": ["list", 0], "index": 1}),
        "show": ("PreviewAny", {"source": ["item", 0]}),
    }
    assert House(tmp_path).run(graph).ui["show"] == {"text": ["blue"]}
