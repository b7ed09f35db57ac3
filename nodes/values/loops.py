"""Nodes that repeat what lies between them.

The first round is what the document says. End loop then stands for a graph: a node that looks whether the round was the
last, and if not, copies the nodes between start and end for the next round, and so on. Every round has keys of its own,
so a loop is found in the cache like everything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from graph.context import Context
from graph.datatypes import ANY, AnyValue, Socket
from graph.links import read_link
from graph.node import Grow, Variants, Widget, node
from graph.values import AsList, Blocker, Expansion
from nodes.values.loop_bodies import LoopError, body_of, start_of

LARGEST = 2**31 - 1
TURN, ROUND, ALL = "·turn", "·round", "·all"
"""The nodes of a round besides the copies."""
Raw = Annotated[Any, Socket(ANY)]  # a link as it stands in the graph, or a JSON value
Lists = Annotated[list[Any], Socket(ANY)]  # all elements of anything
Outputs = Annotated[Sequence[object], Socket(ANY), AsList()]
TERMINATIONS = tuple(f"termination{number}" for number in range(50))


@dataclass(frozen=True)
class Simple:
    """A number of rounds."""

    num_iterations: Annotated[
        list[int], Socket("INT"), Field(default=4, ge=0, le=LARGEST, description="How many rounds.")
    ]


@dataclass(frozen=True)
class Counting:
    """Rounds numbered as in a count."""

    start_iteration_index: Annotated[list[int], Socket("INT"), Field(default=0, description="The first number.")]
    max_iteration: Annotated[list[int], Socket("INT"), Field(default=4, description="The number before which to end.")]
    step: Annotated[
        list[int], Socket("INT"), Field(default=1, ge=1, le=LARGEST, description="From one number to the next.")
    ]


@dataclass(frozen=True)
class Each:
    """A round for each element of a list."""

    list: Annotated[Lists, Field(description="The list.")]


Mode = Annotated[
    Simple | Counting | Each,
    Variants({"simple": Simple, "For": Counting, "List": Each}),
    Field(description="A number of rounds, a count, or one round for each element of a list."),
]


class Round(NamedTuple):
    """What a round is told."""

    iteration_index: Annotated[int, Field(description="The number of the round, from 0 or as counted.")]
    is_first: bool
    is_last: bool
    list_item: Annotated[AnyValue, Field(description="The element of the list.")]
    current_iteration_value: Annotated[AnyValue, Field(description="What the round before passed on.")]


class LoopOutputs(NamedTuple):
    """What the loop gives."""

    outputs: Annotated[Outputs, Field(description="The value of the last round, or the values of all rounds.")]


@node("StartLoop", title="Start loop", category="utils/loop", takes_lists=True)
def start_loop(
    mode: Mode,
    parent_iteration: Annotated[
        list[int] | None,
        Socket("INT"),
        Widget(socket_only=True),
        Field(description="The number of the round of an outer loop, for a loop within a loop."),
    ] = None,
    initial_iteration_value: Annotated[
        Lists | None, Field(description="What the first round gets as the current value.")
    ] = None,
) -> Round:
    """Begin a loop: what lies between this and End loop is repeated.

    Each round gets its number and the value that the round before passed on. A loop without rounds leaves out what
    depends on it.
    """
    return _told(mode, 0, initial_iteration_value)


@node("EndLoop", title="End loop", category="utils/loop")
def end_loop(
    output_value: Annotated[Raw, Widget(raw_link=True), Field(description="What the loop gives.")] = None,
    next_iteration_value: Annotated[
        Raw, Widget(raw_link=True), Field(description="What the next round gets as the current value.")
    ] = None,
    accumulate: Annotated[bool, Field(description="Give the values of all rounds, not only of the last.")] = False,
    terminations: Annotated[
        dict[str, Raw] | None,
        Grow(TERMINATIONS),
        Widget(raw_link=True),
        Field(description="What else has to run in every round, such as saving; its values are not used."),
    ] = None,
    *,
    ctx: Context,
) -> LoopOutputs:
    """End a loop: run the nodes between Start loop and this again, until the rounds are done."""
    running = ctx.running
    if running is None:
        raise LoopError("End loop works inside a running graph only.")
    links = {f"terminations.{name}": link for name, link in (terminations or {}).items()}
    links |= {"output_value": output_value, "next_iteration_value": next_iteration_value}
    links = {name: link for name, link in links.items() if link is not None}
    start = start_of(running, links)
    return _stands_for(_round(start, 0, accumulate, links), [ROUND, 0])


@node("LoopTurn", title="Loop turn", category="utils/loop", takes_lists=True)
def loop_turn(
    mode: Mode,
    number: Annotated[list[int], Socket("INT"), Field(ge=0, description="Which round, from 0.")],
    value: Annotated[Lists | None, Field(description="What the round before passed on.")] = None,
) -> Round:
    """Tell a round its number and its value; made by End loop, not placed by hand."""
    return _told(mode, number[0], value)


@node("LoopRound", title="Loop round", category="utils/loop")
def loop_round(
    turn: Annotated[Raw, Widget(raw_link=True), Field(description="The node that tells the round its number.")],
    number: Annotated[int, Field(ge=0, description="Which round, from 0.")],
    is_last: Annotated[bool, Field(description="Whether no round follows.")],
    accumulate: Annotated[bool, Field(description="Give the values of all rounds.")] = False,
    output_value: Annotated[Raw, Widget(raw_link=True), Field(description="What the loop gives.")] = None,
    next_iteration_value: Annotated[Raw, Widget(raw_link=True), Field(description="What the next round gets.")] = None,
    terminations: Annotated[
        dict[str, Raw] | None, Grow(TERMINATIONS), Widget(raw_link=True), Field(description="What else has to run.")
    ] = None,
    *,
    ctx: Context,
) -> LoopOutputs:
    """End a round, or copy the nodes of the loop for the next; made by End loop, not placed by hand."""
    running = ctx.running
    if running is None:
        raise LoopError("A round works inside a running graph only.")
    links = {f"terminations.{name}": link for name, link in (terminations or {}).items()}
    links |= {"output_value": output_value, "next_iteration_value": next_iteration_value}
    links = {name: link for name, link in links.items() if link is not None}
    given = output_value if output_value is not None else next_iteration_value
    if is_last:
        return _stands_for({}, given if read_link(given) is not None else [] if given is None else [given])
    body = body_of(running, turn[0], links)
    carried = next_iteration_value if next_iteration_value is not None else [turn[0], 4]
    moved = {name: body.moved(link, TURN) for name, link in links.items()}
    graph = {
        **body.copies(TURN),
        **_turn((running.node(turn[0]) or {})["inputs"], number + 1, carried),
        **_round(TURN, number + 1, accumulate, moved),
    }
    if not accumulate or given is None:
        return _stands_for(graph, [ROUND, 0])
    graph[ALL] = {"class_type": "CreateList", "inputs": {"inputs.input0": given, "inputs.input1": [ROUND, 0]}}
    return _stands_for(graph, [ALL, 0])


def _round(turn: str, number: int, accumulate: bool, links: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The node that ends a round, in the API shape."""
    told = {"turn": [turn, 0], "number": number, "is_last": [turn, 2], "accumulate": accumulate}
    return {ROUND: {"class_type": "LoopRound", "inputs": {**told, **links}}}


def _turn(told: Mapping[str, Any], number: int, value: Any) -> dict[str, dict[str, Any]]:
    """The node that tells a round its number, in the API shape; the mode is that of the round before."""
    mode = {name: each for name, each in told.items() if name == "mode" or name.startswith("mode.")}
    return {TURN: {"class_type": "LoopTurn", "inputs": {**mode, "number": number, "value": value}}}


def _stands_for(graph: dict[str, dict[str, Any]], result: Any) -> Any:  # an answer in place of a node's outputs
    return Expansion(graph, (result,))


def _told(mode: Simple | Counting | Each, number: int, value: list[Any] | None) -> Any:  # a round, or none at all
    """What a round is told; nothing runs where there is no such round."""
    match mode:
        case Simple(count):
            numbers: Sequence[int] = range(count[0])
        case Counting(first, end, step):
            numbers = range(first[0], end[0], step[0])
        case Each(elements):
            numbers = range(len(elements))
    if number >= len(numbers):
        return Blocker()
    if value is not None and len(value) != 1:
        raise LoopError(f"A loop passes on one value, but {len(value)} are linked. Make a batch of them first.")
    item = mode.list[number] if isinstance(mode, Each) else None
    is_last = number == len(numbers) - 1
    return Round(numbers[number], number == 0, is_last, item, None if value is None else value[0])
