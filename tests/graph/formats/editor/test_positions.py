"""Values by position: extra entries after seeds and uploads, choices with inputs, files from other versions."""

from typing import Any

import pytest

from graph.formats.editor.positions import align
from graph.spec import InputSpec

SEED = InputSpec(name="seed", type="INT")
STEPS = InputSpec(name="steps", type="INT")
CFG = InputSpec(name="cfg", type="FLOAT")
FLAG = InputSpec(name="flag", type="BOOLEAN")
TEXT = InputSpec(name="text", type="STRING")
NAME = InputSpec(name="name", type="COMBO", choices=("euler", "heun"))
PICKED = NAME.model_copy(update={"control_after_generate": True})
MODE = InputSpec(name="mode", type="COMBO", choices=("width", "factor"))
WIDTH = InputSpec(name="mode.width", type="INT", only_for=("width",))
FACTOR = InputSpec(name="mode.factor", type="FLOAT", only_for=("factor",))
COUNTED = InputSpec(name="value", type="INT", control_after_generate=True)

CASES: list[tuple[str, list[InputSpec], list[Any], dict[str, Any]]] = [
    ("one value each", [STEPS, CFG, NAME], [20, 7.5, "heun"], {"steps": 20, "cfg": 7.5, "name": "heun"}),
    ("a seed is followed by what happens to it", [SEED, STEPS], [5, "randomize", 20], {"seed": 5, "steps": 20}),
    ("the oldest files say it by true and false", [SEED, STEPS], [5, True, 20], {"seed": 5, "steps": 20}),
    ("a file without it", [SEED, STEPS], [5, 20], {"seed": 5, "steps": 20}),
    ("a switch after a seed stays a switch", [SEED, FLAG], [5, "fixed", True], {"seed": 5, "flag": True}),
    ("a switch right after a seed", [SEED, FLAG], [5, True], {"seed": 5, "flag": True}),
    ("any number that declares it", [COUNTED, TEXT], [5, "increment", "x"], {"value": 5, "text": "x"}),
    ("a number that does not declare it", [STEPS, CFG], [5, "fixed", 2.0], {"steps": 5, "cfg": 2.0}),
    ("a text that reads like it", [STEPS, TEXT], [5, "fixed"], {"steps": 5, "text": "fixed"}),
    ("a choice has a filter too", [PICKED, STEPS], ["heun", "fixed", "", 3], {"name": "heun", "steps": 3}),
    ("inputs of a choice follow it", [MODE, STEPS], ["width", 64, 3], {"mode": "width", "mode.width": 64, "steps": 3}),
    ("only of the choice made", [MODE, STEPS], ["factor", 0.5, 3], {"mode": "factor", "mode.factor": 0.5, "steps": 3}),
    ("lists are wrapped", [InputSpec(name="points", type="CURVE")], [[1, 2]], {"points": {"__value__": [1, 2]}}),
    ("null is no value", [STEPS, CFG], [None, 2.0], {"cfg": 2.0}),
    ("a shorter file leaves defaults", [STEPS, CFG], [3], {"steps": 3}),
]


@pytest.mark.parametrize(
    ("widgets", "values", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_values_find_their_inputs(widgets: list[InputSpec], values: list[Any], expected: dict[str, Any]) -> None:
    aligned = align(widgets, [WIDTH, FACTOR], values)
    assert aligned.values == expected
    assert aligned.rest == []


def test_what_happens_after_a_run_is_remembered() -> None:
    assert align([SEED, STEPS], [], [5, "increment", 20]).after_run == {"seed": "increment"}
    assert align([SEED], [], [5, True]).after_run == {"seed": "randomize"}


def test_more_values_than_inputs_are_left_over() -> None:
    assert align([STEPS], [], [5, "image", {"a": 1}]).rest == ["image", {"a": 1}]


def test_values_of_the_wrong_kind_are_noticed() -> None:
    aligned = align([STEPS, NAME, FLAG, TEXT, CFG], [], ["heun", 5, "x", 1, True])
    assert aligned.misfits == ["steps", "name", "flag", "text", "cfg"]
    assert align([NAME], [], ["lms"]).strangers == ["name"]


def test_a_perfect_reading_has_no_badness() -> None:
    assert align([SEED, NAME], [], [5, "fixed", "heun", "image"]).badness == 0
    assert align([SEED, NAME], [], ["heun", 5]).badness > 0
