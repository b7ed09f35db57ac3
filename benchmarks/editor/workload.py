"""The graph that every editor draws: nodes on a grid, each with three typed inputs, two outputs and four widgets.

Our server offers the node type to our editor and to ComfyUI's front end alike. Links go right and down, about two a
node.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from graph.application import EngineApplication
from graph.cache.codecs import Codecs
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers
from graph.datatypes import Socket
from graph.execution import Executor
from graph.node import node
from graph.registry import Registry
from graph.settings import Settings

TYPE, TITLE = "BenchmarkSampler", "Benchmark sampler"
SAMPLERS = ("euler", "dpmpp_2m", "ddim")
ACROSS, DOWN = 340, 330
"""From one node of the grid to the next, in world units."""
_ASPECT = 1.4

Model = Annotated[str, Socket("MODEL")]
Latent = Annotated[str, Socket("LATENT")]
Image = Annotated[str, Socket("IMAGE")]


class Made(NamedTuple):
    """What the node gives."""

    MODEL: Model
    LATENT: Latent


@node(TYPE, title=TITLE, category="benchmark", output=True)
def sampler(
    model: Model = "",
    latent: Latent = "",
    image: Image = "",
    steps: Annotated[int, Field(ge=1, le=150)] = 20,
    cfg: Annotated[float, Field(ge=0, le=30)] = 7.5,
    sampler: Literal["euler", "dpmpp_2m", "ddim"] = "euler",
    text: str = "a photo",
) -> Made:
    """Do nothing; it is only looked at."""
    return Made(model, latent)


def create(data: Mapping[str, Any]) -> EngineApplication:
    """The application of the worker."""
    settings, codecs, registry = Settings.from_data(data), Codecs(), Registry([sampler.__node__])
    executor = Executor(registry, Tiers([MemoryCache(10**8, codecs.nbytes)]), codecs=codecs)
    return EngineApplication(registry, executor, settings.folders)


@dataclass(frozen=True)
class Grid:
    """A graph of so many nodes; numbers of nodes begin at 0."""

    nodes: int

    @property
    def columns(self) -> int:
        """How many nodes stand side by side."""
        return math.ceil(math.sqrt(self.nodes * _ASPECT))

    @property
    def middle(self) -> int:
        """A node in the middle of the grid."""
        rows = math.ceil(self.nodes / self.columns)
        return rows // 2 * self.columns + self.columns // 2

    def place(self, number: int) -> tuple[int, int]:
        """Where a node lies."""
        return number % self.columns * ACROSS, number // self.columns * DOWN

    def values(self, number: int) -> dict[str, Any]:
        """What its widgets hold."""
        kind = SAMPLERS[number % len(SAMPLERS)]
        return {"steps": 20 + number % 30, "cfg": 7.5, "sampler": kind, "text": f"a photo of node {number}"}

    def links(self) -> list[tuple[int, int, int, int, str]]:
        """From node and slot, to node and slot, and the type."""
        found = []
        for number in range(self.nodes):
            if (number + 1) % self.columns and number + 1 < self.nodes:
                found.append((number, 0, number + 1, 0, "MODEL"))
            if number + self.columns < self.nodes:
                found.append((number, 1, number + self.columns, 1, "LATENT"))
        return found

    def plain(self) -> dict[str, Any]:
        """For React Flow, which has no format of its own."""
        nodes = [{"id": at, "place": self.place(at), "values": self.values(at)} for at in range(self.nodes)]
        return {"nodes": nodes, "links": self.links()}

    def document(self) -> dict[str, Any]:
        """In our format. Ids begin at 1, as those of ComfyUI do."""
        graph: dict[str, Any] = {
            str(number + 1): {"class_type": TYPE, "inputs": self.values(number)} for number in range(self.nodes)
        }
        for start, slot, end, at, _ in self.links():
            graph[str(end + 1)]["inputs"][("model", "latent")[at]] = [str(start + 1), slot]
        places = {str(number + 1): {"position": list(self.place(number))} for number in range(self.nodes)}
        return {"latentloom": 1, "graph": graph, "layout": {"nodes": places}}

    def drawing(self) -> dict[str, Any]:
        """As ComfyUI's front end keeps it."""
        nodes: list[dict[str, Any]] = [
            {
                "id": number + 1,
                "type": TYPE,
                "pos": list(self.place(number)),
                "size": [270, 260],
                "flags": {},
                "order": number,
                "mode": 0,
                "inputs": [{"name": name.lower(), "type": name, "link": None} for name in ("MODEL", "LATENT", "IMAGE")],
                "outputs": [{"name": name, "type": name, "links": []} for name in ("MODEL", "LATENT")],
                "properties": {},
                "widgets_values": list(self.values(number).values()),
            }
            for number in range(self.nodes)
        ]
        links = [
            [at + 1, start + 1, slot, end + 1, to, kind] for at, (start, slot, end, to, kind) in enumerate(self.links())
        ]
        for number, start, slot, end, to, _ in links:
            nodes[start - 1]["outputs"][slot]["links"].append(number)
            nodes[end - 1]["inputs"][to]["link"] = number
        counts = {"last_node_id": self.nodes, "last_link_id": len(links)}
        return {**counts, "nodes": nodes, "links": links, "groups": [], "config": {}, "extra": {}, "version": 0.4}
