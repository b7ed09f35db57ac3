"""Where the models, texts and latents on the links of a graph come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import FolderError
from graph.folders import DATA_FOLDERS, Folders
from graph.topology import Graph, GraphNode, Link

PARTS = ("MODEL", "CLIP", "VAE")
_LIKE_MODELS = frozenset({"MODEL", "GUIDER"})


@dataclass(frozen=True, slots=True)
class Origin:
    """The files that a part of a model was loaded from."""

    node: str
    paths: tuple[Path, ...]
    kind: str = ""
    """What the loader was told that the files are for."""

    @property
    def names(self) -> str:
        """What the files are called, for messages."""
        return " and ".join(path.name for path in self.paths)


@dataclass(frozen=True)
class Trail:
    """By link: where what travels on it comes from."""

    models: dict[Link, Origin] = field(default_factory=dict)
    clips: dict[Link, Origin] = field(default_factory=dict)
    vaes: dict[Link, Origin] = field(default_factory=dict)
    texts: dict[Link, tuple[Origin, ...]] = field(default_factory=dict)
    """The text encoders of conditionings."""
    latents: dict[Link, tuple[str, Origin]] = field(default_factory=dict)
    """What made latents: the `MODEL` or the `VAE` of an origin."""

    def part(self, kind: str) -> dict[Link, Origin]:
        """The origins of one kind of part."""
        return {"MODEL": self.models, "GUIDER": self.models, "CLIP": self.clips, "VAE": self.vaes}[kind]


def trace(graph: Graph, folders: Folders) -> Trail:
    """Follow every part of a model from its loader through the graph."""
    trail = Trail()
    for node_id in graph.order:
        _follow(trail, graph.nodes[node_id], folders, graph)
    return trail


def inputs_of(node: GraphNode, graph: Graph, *types: str) -> Iterator[tuple[str, Link]]:
    """The linked inputs of a node on which something of one of the types travels."""
    for name, link in node.links.items():
        if graph.nodes[link.node].spec.outputs[link.slot].type in types:
            yield name, link


def _follow(trail: Trail, node: GraphNode, folders: Folders, graph: Graph) -> None:
    for slot, output in enumerate(node.spec.outputs):
        here = Link(node.id, slot)
        if output.type in (*PARTS, "GUIDER"):
            kinds = tuple(_LIKE_MODELS) if output.type in _LIKE_MODELS else (output.type,)
            given = [link for _, link in inputs_of(node, graph, *kinds)]
            known = [trail.part(output.type)[link] for link in given if link in trail.part(output.type)]
            origin = known[0] if known else _loaded(node, folders) if not given else None
            if origin is not None:
                trail.part(output.type)[here] = origin
        elif output.type == "CONDITIONING":
            clips = [trail.clips[link] for _, link in inputs_of(node, graph, "CLIP") if link in trail.clips]
            texts = [trail.texts.get(link, ()) for _, link in inputs_of(node, graph, "CONDITIONING")]
            trail.texts[here] = tuple(dict.fromkeys([*clips, *(each for text in texts for each in text)]))
        elif output.type == "LATENT":
            maker = _maker(trail, node, graph)
            if maker is not None:
                trail.latents[here] = maker


def _maker(trail: Trail, node: GraphNode, graph: Graph) -> tuple[str, Origin] | None:
    models = [link for _, link in inputs_of(node, graph, *_LIKE_MODELS) if link in trail.models]
    if models:
        return "MODEL", trail.models[models[0]]
    vaes = [link for _, link in inputs_of(node, graph, "VAE") if link in trail.vaes]
    if vaes:
        return "VAE", trail.vaes[vaes[0]]
    latents = [link for _, link in inputs_of(node, graph, "LATENT") if link in trail.latents]
    return trail.latents[latents[0]] if len(latents) == 1 else None


def _loaded(node: GraphNode, folders: Folders) -> Origin | None:
    """The files that a node names, if it names any."""
    named: Mapping[str, str] = {
        each.name: each.files for each in node.spec.inputs if each.files is not None and each.files not in DATA_FOLDERS
    }
    paths = []
    for name, folder in named.items():
        value = node.literals.get(name)
        if not isinstance(value, str):
            return None
        try:
            paths.append(folders.path(folder, value))
        except FolderError:
            return None
    kind = node.literals.get("type")
    return Origin(node.id, tuple(paths), kind if isinstance(kind, str) else "") if paths else None
