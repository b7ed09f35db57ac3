"""Random graphs of small nodes, and a second way to evaluate them that is too simple to be wrong."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from graph.context import Context
from graph.node import node

Prompt = dict[str, dict[str, Any]]
Content = tuple[Any, ...]
"""What a node does: its type and its inputs, by value."""


class Parts(NamedTuple):
    """A quotient and what remains."""

    quotient: int
    rest: int


@node("Constant", title="Constant", category="laws", occupies="instant")
def constant(value: int) -> int:
    """Give a number."""
    return value


@node("Sum", title="Sum", category="laws", occupies="instant")
def plus(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@node("Divide", title="Divide", category="laws", occupies="cpu")
def divide(a: int, b: int) -> Parts:
    """Divide with a rest, on a thread: different inputs often give the same outputs."""
    return Parts(*divmod(a, abs(b) + 1))


@node("Result", title="Result", category="laws", occupies="instant", output=True)
def result(a: int, *, ctx: Context) -> None:
    """Show a number."""
    ctx.show(text=[a])


NODES = (constant, plus, divide, result)
_FUNCTIONS = {
    "Constant": lambda value: (value,),
    "Sum": lambda a, b: (a + b,),
    "Divide": divide,
    "Result": lambda a: (),
}
_SLOTS = {"Constant": 1, "Sum": 1, "Divide": 2}


@st.composite
def prompts(draw: st.DrawFn, most: int = 12) -> Prompt:
    """A graph in the API shape with at least one result; links lead to earlier nodes, ids are in no order."""
    count = draw(st.integers(1, most))
    ids = draw(st.permutations([str(index) for index in range(count)]))
    prompt: Prompt = {}
    for node_id in ids:
        kind = draw(st.sampled_from(["Constant", "Sum", "Divide"])) if prompt else "Constant"
        names = ("value",) if kind == "Constant" else ("a", "b")
        prompt[node_id] = {"class_type": kind, "inputs": {name: draw(_inputs(prompt)) for name in names}}
    for index in range(draw(st.integers(1, 3))):
        source = draw(st.sampled_from(ids))
        slot = draw(st.integers(0, _SLOTS[prompt[source]["class_type"]] - 1))
        prompt[f"result {index}"] = {"class_type": "Result", "inputs": {"a": [source, slot]}}
    return prompt


def _inputs(prompt: Prompt) -> st.SearchStrategy[Any]:
    literals = st.integers(-3, 9)
    links = [[node_id, slot] for node_id, each in prompt.items() for slot in range(_SLOTS[each["class_type"]])]
    return literals | st.sampled_from(links) if links else literals


@st.composite
def changed(draw: st.DrawFn, prompt: Prompt) -> tuple[str, Prompt]:
    """The graph with one literal changed, and the node that has it."""
    places = [
        (node_id, name) for node_id, each in prompt.items() for name in each["inputs"] if not _is_link(each, name)
    ]
    node_id, name = draw(st.sampled_from(places))
    inputs = {**prompt[node_id]["inputs"], name: draw(st.integers(10, 20))}
    return node_id, {**prompt, node_id: {**prompt[node_id], "inputs": inputs}}


@st.composite
def shuffled(draw: st.DrawFn, prompt: Prompt) -> Prompt:
    """The same graph with nodes and inputs written in another order."""
    return {
        node_id: {
            "inputs": dict(draw(st.permutations([*prompt[node_id]["inputs"].items()]))),
            "class_type": prompt[node_id]["class_type"],
        }
        for node_id in draw(st.permutations([*prompt]))
    }


def results(prompt: Prompt) -> list[str]:
    """The output nodes."""
    return [node_id for node_id, each in prompt.items() if each["class_type"] == "Result"]


def needed(prompt: Prompt, targets: Iterable[str]) -> set[str]:
    """The targets and all that feeds them."""
    found: set[str] = set()
    for target in targets:
        found |= {target} | needed(prompt, feeders(prompt, target))
    return found


def feeders(prompt: Prompt, node_id: str) -> list[str]:
    """What feeds a node directly."""
    return [prompt[node_id]["inputs"][name][0] for name in prompt[node_id]["inputs"] if _is_link(prompt[node_id], name)]


def descendants(prompt: Prompt, node_id: str) -> set[str]:
    """A node and all that it feeds."""
    return {each for each in prompt if node_id in needed(prompt, [each])}


def content(prompt: Prompt, node_id: str) -> Content:
    """The type of a node and the values that reach it, found by plain recursion."""
    described = prompt[node_id]
    inputs = {
        name: evaluate(prompt, value[0])[value[1]] if _is_link(described, name) else value
        for name, value in described["inputs"].items()
    }
    return (described["class_type"], *sorted(inputs.items()))


def evaluate(prompt: Prompt, node_id: str) -> tuple[int, ...]:
    """The outputs of a node, found by plain recursion."""
    kind, *inputs = content(prompt, node_id)
    return tuple(_FUNCTIONS[kind](**dict(inputs)))


def _is_link(described: dict[str, Any], name: str) -> bool:
    return isinstance(described["inputs"][name], list)
