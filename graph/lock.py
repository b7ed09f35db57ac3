"""The lock of a result: what it depends on besides its graph, so that a run of today can be compared with that one.

Files carry it beside their workflow. It holds what was there when the file was saved; results that a cache had may have
been computed with earlier libraries.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from graph.spec import Json
from graph.topology import Graph, GraphNode

LOCK = "lock"
"""How the text is called in files."""
_DIGITS = 12
"""How much of a digest is worth reading."""
FilesBeside = Callable[[GraphNode], Mapping[str, str]]
"""Content digests of files that a node reads though no input names them, as `folder/name`."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What computes here."""

    engine: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Package -> version."""
    device: str = ""
    precision: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """Which of the results of a graph it is."""

    node: str
    """The node that saved it, by its id in the running graph."""
    display: str
    """The node of the document that stands for that one."""
    number: int
    """Which of the files that the node saved, from 0: in a batch, the place of the picture."""


class Lock(BaseModel):
    """What a result depends on besides its graph."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    node: str
    display: str
    number: int
    """As in `Saved`."""
    engine: str = ""
    nodes: Mapping[str, int] = {}
    """Node type -> its version, of all that feed the result."""
    files: Mapping[str, str] = {}
    """`folder/name` -> BLAKE3 of the content: models, LoRAs, pictures that were read."""
    libraries: Mapping[str, str] = {}
    device: str = ""
    precision: str = ""


def lock_of(
    graph: Graph,
    digests: Mapping[str, Mapping[str, str]],
    environment: Environment,
    saved: Saved,
    beside: FilesBeside = lambda node: {},
) -> dict[str, Json]:
    """The lock of a result, as JSON.

    Args:
        graph: what runs.
        digests: node id -> input -> content digest of the file that it names.
        environment: what computes.
        saved: which result.
        beside: tells which files a node reads besides those.
    """
    needed = [graph.nodes[each] for each in graph.order_for([saved.display])]
    files = {
        f"{each.files}/{node.literals[each.name]}": digests[node.id][each.name]
        for node in needed
        for each in node.spec.inputs
        if each.name in digests.get(node.id, {})
    }
    for node in needed:
        files |= beside(node)
    lock = Lock(
        node=saved.node,
        display=saved.display,
        number=saved.number,
        engine=environment.engine,
        nodes=dict(sorted((node.spec.id, node.spec.version) for node in needed)),
        files=dict(sorted(files.items())),
        libraries=environment.libraries,
        device=environment.device,
        precision=environment.precision,
    )
    return lock.model_dump()


def differences(then: Lock, now: Lock) -> list[str]:
    """What differs between two locks as sentences, the likeliest cause of another result first."""
    return [*_files(then, now), *_nodes(then, now), *_surroundings(then, now)]


def _files(then: Lock, now: Lock) -> Iterator[str]:
    for name, digest in then.files.items():
        folder, _, file = name.partition("/")
        found = now.files.get(name)
        if found is None:
            yield f'"{file}" of the folder "{folder}" was used, and is not any more.'
        elif found != digest:
            yield f'"{file}" of the folder "{folder}" has another content: {_short(digest)} then, {_short(found)} now.'


def _nodes(then: Lock, now: Lock) -> Iterator[str]:
    for name, version in then.nodes.items():
        found = now.nodes.get(name)
        if found is not None and found != version:
            yield f"Nodes of type {name} mean something else: version {version} then, {found} now."


def _surroundings(then: Lock, now: Lock) -> Iterator[str]:
    if then.device != now.device:
        yield f"It was computed by {then.device}, and is now by {now.device}."
    if then.precision != now.precision:
        yield f"It was computed with the precision {then.precision}, and is now with {now.precision}."
    for name, version in then.libraries.items():
        found = now.libraries.get(name, "none")
        if found != version:
            yield f"{name} was version {version}, and is {found}."
    if then.engine != now.engine:
        yield f"Latentloom was version {then.engine}, and is {now.engine}."


def _short(digest: str) -> str:
    return digest[:_DIGITS]
