"""`estimate`: how much memory the nodes of a graph take while they run, from what is written into it.

Pictures, masks and latents are followed from the nodes that make them through those that change their size. What a
node takes is what it is given, what it gives, what it needs in between, and the weights of the models it uses. The
figures are lower bounds on purpose: a graph is refused for them only if it could not run (`graph.estimates.judging`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.errors import FolderError
from graph.estimates.pictures import picture_size
from graph.estimates.rules import PICTURES, rule_of
from graph.estimates.sizes import Size, size_after
from graph.estimates.weights import WHOLE, Weights
from graph.folders import DATA_FOLDERS, Folders
from graph.spec import Json, NodeSpec, SizeRule
from graph.topology import Graph, GraphNode, Link

_BYTES_PER_PIXEL: Mapping[str, float] = {"IMAGE": 3 * 4, "VIDEO": 3 * 4, "MASK": 4, "LATENT": 4 * 4 / 64}
"""Pictures are three channels of float32; a latent is four, for 8 by 8 pixels."""
_CELL_PIXELS = 64
_ACTIVATIONS = 0.5
"""Bytes that sampling takes for a cell of a latent, over the square root of the bytes of the weights: both grow with
the channels of a network, weights with their square. See `docs/decisions/estimates.md`."""
_LEAST_CELL_BYTES = 256.0
_MODELS = frozenset({"MODEL", "CLIP", "VAE", "CONTROL_NET", "UPSCALE_MODEL", "CLIP_VISION", "STYLE_MODEL", "GUIDER"})
_SAMPLED = frozenset({"MODEL", "GUIDER"})

_Files = frozenset[tuple[str, str]]  # folder and name


@dataclass(frozen=True, slots=True)
class NodeEstimate:
    """What one node takes."""

    size: Size | None
    """How large the pictures are that it gives, as far as that is known."""
    nbytes: int
    """What it is given, what it gives, and what it needs in between."""
    weight_bytes: int = 0
    """The weights of the models that it uses."""
    work: Size | None = None
    """The largest pictures that it is given or gives."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the nodes of a graph take; those of which nothing is known are left out."""

    nodes: Mapping[str, NodeEstimate] = field(default_factory=dict)
    model_bytes: int = 0
    """The weights of all models together."""

    @property
    def peak_bytes(self) -> int:
        """What the most demanding node takes, its weights included; 0 if nothing is known."""
        return max((each.nbytes + each.weight_bytes for each in self.nodes.values()), default=0)


@dataclass(frozen=True, slots=True)
class _Role:
    """What a node type is to an estimate."""

    rule: SizeRule | None
    gives: tuple[str, ...]
    """The types of its outputs that are pictures."""
    files: tuple[tuple[str, str], ...]
    """Inputs that name files of models, with their folders."""
    pictures: tuple[tuple[str, str], ...]
    """Inputs that name files of pictures, with their folders."""
    models: frozenset[str]
    """The types of its outputs that are models."""
    samples: bool


def estimate(graph: Graph, folders: Folders, weights: Weights) -> Estimate:
    """What the nodes of a graph take. Reads the heads of files, so it blocks.

    Args:
        graph: what is to run.
        folders: where the files are.
        weights: knows the files of models.
    """
    return _Estimator(graph, folders, weights).estimate()


class _Estimator:
    def __init__(self, graph: Graph, folders: Folders, weights: Weights) -> None:
        self._graph = graph
        self._folders = folders
        self._weights = weights
        self._roles: dict[str, _Role] = {}
        self._sizes: dict[str, Size] = {}
        self._models: dict[str, _Files] = {}
        self._nodes: dict[str, NodeEstimate] = {}

    def estimate(self) -> Estimate:
        for node_id in self._graph.order:
            self._look(self._graph.nodes[node_id])
        every: _Files = frozenset().union(*self._models.values())
        return Estimate(self._nodes, sum(self._bytes_of(file, WHOLE) for file in every))

    def _look(self, node: GraphNode) -> None:
        role = self._roles.get(node.spec.id)
        if role is None:
            role = self._roles[node.spec.id] = _role(node.spec)
        if not (self._sizes or self._models or role.rule or role.files):
            return  # text and numbers: nothing to estimate so far
        feeding = {name: size for name, link in node.links.items() if (size := self._size_at(link)) is not None}
        self._follow_models(node, role)
        size = self._size(node, role, feeding)
        if size is not None:
            self._sizes[node.id] = size
        weight_bytes = self._weights_at(node)
        if feeding or size is not None or weight_bytes:
            nbytes = self._taken(node, role, feeding, size)
            work = max((*feeding.values(), *((size,) if size else ())), key=lambda each: each.pixels, default=None)
            self._nodes[node.id] = NodeEstimate(size, math.ceil(nbytes), weight_bytes, work)

    def _size(self, node: GraphNode, role: _Role, feeding: Mapping[str, Size]) -> Size | None:
        if role.rule is None:
            return None
        for name, folder in role.pictures:
            found = self._picture(folder, node.literals.get(name))
            if found is not None:
                return found
        return size_after(role.rule, node, feeding, self._value)

    def _picture(self, folder: str, name: Json) -> Size | None:
        if not isinstance(name, str):
            return None
        try:
            found = picture_size(self._folders.path(folder, name))
        except (FolderError, OSError):
            return None
        return Size(*found) if found is not None else None

    def _size_at(self, link: Link) -> Size | None:
        return self._sizes.get(link.node) if self._type_of(link) in PICTURES else None

    def _type_of(self, link: Link) -> str:
        return self._graph.nodes[link.node].spec.outputs[link.slot].type

    def _value(self, link: Link) -> Json:
        """The number that a node for constants gives: one with a single value and a single output."""
        node = self._graph.nodes[link.node]
        is_constant = len(node.spec.outputs) == 1 and len(node.literals) == 1 and not node.links
        return node.literals.get("value") if is_constant else None

    def _follow_models(self, node: GraphNode, role: _Role) -> None:
        found: set[tuple[str, str]] = set()
        for link in node.links.values():
            if self._type_of(link) in _MODELS:
                found |= self._models.get(link.node, frozenset())
        for name, folder in role.files:
            file = node.literals.get(name)
            if isinstance(file, str):
                found.add((folder, file))
        if found and role.models:
            self._models[node.id] = frozenset(found)

    def _weights_at(self, node: GraphNode) -> int:
        used: dict[tuple[str, str], set[str]] = {}
        for link in node.links.values():
            kind = self._type_of(link)
            if kind in _MODELS:
                for file in self._models.get(link.node, ()):
                    used.setdefault(file, set()).add("MODEL" if kind in _SAMPLED else kind)
        return sum(self._bytes_of(file, part) for file, parts in used.items() for part in parts)

    def _bytes_of(self, file: tuple[str, str], part: str) -> int:
        try:
            found = self._weights.of(self._folders.path(*file))
        except (FolderError, OSError):
            return 0
        has_parts = any(found.get(each) for each in ("MODEL", "CLIP", "VAE"))
        return found.get(part, 0) if has_parts else found.get(WHOLE, 0)

    def _taken(self, node: GraphNode, role: _Role, feeding: Mapping[str, Size], size: Size | None) -> float:
        sources = {node.links[name]: each for name, each in feeding.items()}
        nbytes = sum(each.pixels * _BYTES_PER_PIXEL[self._type_of(link)] for link, each in sources.items())
        if size is not None:
            nbytes += size.pixels * sum(_BYTES_PER_PIXEL[kind] for kind in role.gives)
            if role.samples:
                nbytes += size.pixels / _CELL_PIXELS * self._cell_bytes(node)
        return nbytes

    def _cell_bytes(self, node: GraphNode) -> float:
        """What sampling takes for a cell of a latent."""
        links = [link for link in node.links.values() if self._type_of(link) in _SAMPLED]
        files: _Files = frozenset().union(*(self._models.get(link.node, frozenset()) for link in links))
        nbytes = max((self._bytes_of(file, "MODEL") for file in files), default=0)
        return max(_ACTIVATIONS * math.sqrt(nbytes), _LEAST_CELL_BYTES)


def _role(spec: NodeSpec) -> _Role:
    named = [(each.name, each.files) for each in spec.inputs if each.files is not None]
    gives = tuple(each.type for each in spec.outputs if each.type in PICTURES)
    takes = {each.type for each in spec.inputs}
    return _Role(
        rule=rule_of(spec),
        gives=gives,
        files=tuple((name, folder) for name, folder in named if folder not in DATA_FOLDERS),
        pictures=tuple((name, folder) for name, folder in named if folder in DATA_FOLDERS),
        models=frozenset(each.type for each in spec.outputs if each.type in _MODELS),
        samples="LATENT" in gives and bool(takes & _SAMPLED) and spec.occupies == "gpu",
    )
