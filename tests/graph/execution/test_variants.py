"""A choice with inputs of its own reaches the function as one object, whether it was written down or linked."""

from dataclasses import dataclass
from typing import Annotated

from graph.node import Variants, node
from tests.graph.execution.bench import Bench, short


@dataclass(frozen=True)
class Times:
    factor: int


@dataclass(frozen=True)
class Plus:
    addend: int = 1


Change = Annotated[Times | Plus, Variants({"times": Times, "plus": Plus})]


@node("Change", title="Change", category="test", occupies="instant", output=True)
def change(value: int, how: Change) -> int:
    """Change a number."""
    return value * how.factor if isinstance(how, Times) else value + how.addend


@node("Remember", title="Remember", category="test", fingerprint=lambda how: how.addend)
def remember(how: Change) -> int:
    """Say what was chosen."""
    return how.addend if isinstance(how, Plus) else how.factor


def test_a_function_gets_the_choice_with_its_inputs() -> None:
    graph = {
        "three": short("Number", value=3),
        "a": short("Change", value=2, how="times", how__factor=["three", 0]),
        "b": short("Change", value=2, how="plus"),
        "c": short("Change", value=2, how="plus", how__addend=5, how__factor=9),
    }
    outputs = Bench(change).succeed(graph).outcome.outputs
    assert {name: outputs[name] for name in "abc"} == {"a": ((6,),), "b": ((3,),), "c": ((7,),)}


def test_a_change_token_is_asked_with_the_choice() -> None:
    graph = {"a": short("Remember", how="plus", how__addend=4), "b": short("Show", value=["a", 0])}
    bench = Bench(remember)
    assert bench.succeed(graph).shown == {"b": ["4"]}
    assert bench.succeed(graph).executed == ()
