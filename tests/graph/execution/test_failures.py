"""What a person reads when a node fails."""

import math
from pathlib import Path
from typing import Any

import pytest

from graph.datatypes import AnyValue
from graph.errors import LatentloomError
from graph.events import EVENTS, Failure, JobFailed
from graph.execution.failures import shortened
from graph.node import node
from tests.graph.execution.bench import Bench, short


class Tensor:
    shape = (1, 4, 16, 16)
    dtype = "torch.float32"


class OutOfMemoryError(RuntimeError):
    """As torch has it."""


def fail_with(error: BaseException, **inputs: Any) -> Failure:
    @node("Fail", title="Fail hard", category="test", output=True)
    def fail(value: AnyValue, other: AnyValue = None) -> None:
        """Fail."""
        raise error

    run = Bench(fail).run({"7": short("Fail", **{"value": 1, **inputs})})
    assert run.outcome.status == "failed"
    last = run.events[-1]
    assert isinstance(last, JobFailed)
    assert EVENTS.validate_json(EVENTS.dump_json(last)) == last
    return last.failure


def test_the_message_says_where_and_what() -> None:
    failure = fail_with(ValueError("steps must be between 1 and 150, got 0."))
    assert failure.message == 'Node 7 "Fail hard": steps must be between 1 and 150, got 0.'
    assert failure.reason == "node_error"
    assert failure.type == "Fail"
    assert failure.node is not None
    assert failure.node.id == "7"


def test_errors_that_nobody_wrote_for_people_also_say_their_type() -> None:
    assert fail_with(KeyError("samples")).message == "Node 7 \"Fail hard\": KeyError: 'samples'"
    assert fail_with(RuntimeError()).message == 'Node 7 "Fail hard": RuntimeError'
    assert fail_with(LatentloomError("as meant")).message == 'Node 7 "Fail hard": as meant'


def test_the_exception_type_is_named_with_its_module() -> None:
    assert fail_with(ValueError("x")).exception == "ValueError"
    assert str(fail_with(LatentloomError("x")).exception) == "graph.errors.LatentloomError"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no"),
        OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_is_told_apart_with_advice(error: Exception) -> None:
    failure = fail_with(error)
    assert failure.reason == "out_of_memory"
    assert "smaller" in failure.message


def test_the_traceback_begins_in_the_node_and_has_no_folders_of_this_machine() -> None:
    cause = ValueError("deep")
    error = ValueError("outer")
    error.__cause__ = cause
    lines = fail_with(error).traceback
    here = str(Path.cwd())
    assert not any(here in line or "execution/calls.py" in line for line in lines)
    assert any("tests/graph/execution/test_failures.py" in line for line in lines)
    assert lines[-1] == "ValueError: outer"
    assert "ValueError: deep" in lines


def test_inputs_are_shortened_to_json() -> None:
    failure = fail_with(ValueError("x"), value="y" * 1000, other=["n" * 5, 1])
    assert failure.inputs["value"] == "y" * 300 + "…"


@pytest.mark.parametrize(
    ("value", "short_form"),
    [
        (Tensor(), "Tensor(1, 4, 16, 16) float32"),
        ({"samples": Tensor()}, {"samples": "Tensor(1, 4, 16, 16) float32"}),
        (b"12345", "5 bytes"),
        (math.inf, "inf"),
        ([1, 2.5, None, True], [1, 2.5, None, True]),
        ([*range(10)], [0, 1, 2, 3, 4, 5, 6, 7, "… 10 in all"]),
        ([[[[1, 2]]]], [[["list of 2"]]]),
        ({each: each for each in range(9)}, {**{str(each): each for each in range(8)}, "…": "9 in all"}),
        (object, "type"),
    ],
)
def test_values_become_short_json(value: object, short_form: object) -> None:
    assert shortened(value) == short_form


def test_a_failing_element_of_a_list_is_shown_alone() -> None:
    @node("Picky", title="Picky", category="test", output=True)
    def picky(text: str) -> None:
        """Dislike b."""
        if text == "b":
            raise ValueError("not b")

    run = Bench(picky).run({"1": short("Items", text="a b c"), "2": short("Picky", text=["1", 0])})
    assert run.outcome.failure is not None
    assert run.outcome.failure.inputs == {"text": "b"}


def test_a_failing_coroutine_of_a_list_is_shown_alone() -> None:
    @node("Picky", title="Picky", category="test", output=True)
    async def picky(text: str) -> None:
        """Dislike b."""
        if text == "b":
            raise ValueError("not b")

    run = Bench(picky).run({"1": short("Items", text="a b c"), "2": short("Picky", text=["1", 0])})
    assert run.outcome.failure is not None
    assert run.outcome.failure.inputs == {"text": "b"}
