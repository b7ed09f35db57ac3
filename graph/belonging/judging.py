"""`Belonging`: refuses graphs whose parts of models do not fit each other, naming the files and what would fit."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from graph.belonging.facts import Facts, text_width
from graph.belonging.headers import Headers
from graph.belonging.tracing import Origin, Trail, inputs_of, trace
from graph.errors import FolderError, Problem
from graph.folders import Folders
from graph.topology import Graph, GraphNode
from graph.validation import Validated, reject

_MOST_SUGGESTED = 3
_MOST_LOOKED_AT = 100
"""Files of a folder that are looked at for suggestions."""


class Belonging:
    """Knows which parts of models fit. Safe to use from several threads.

    Args:
        folders: where models are.
    """

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._headers = Headers()

    def judge(self, validated: Validated) -> Validated:
        """What of a valid graph can run; for all else there is a problem `mismatched`. Blocks for milliseconds."""
        if validated.graph is None:
            return validated
        problems = list(self._problems(validated.graph))
        return reject(validated, problems) if problems else validated

    def _problems(self, graph: Graph) -> Iterator[Problem]:
        trail = trace(graph, self._folders)
        if not trail.models and not trail.vaes:
            return
        for node in graph.nodes.values():
            yield from self._texts(node, graph, trail)
            yield from self._latents(node, graph, trail)

    def _texts(self, node: GraphNode, graph: Graph, trail: Trail) -> Iterator[Problem]:
        models = [trail.models[link] for _, link in inputs_of(node, graph, "MODEL") if link in trail.models]
        if len(models) != 1:
            return
        reads = self._one(models[0]).reads
        for name, link in inputs_of(node, graph, "CONDITIONING"):
            for origin in trail.texts.get(link, ()):
                gives = text_width(map(self._headers.of, origin.paths), origin.kind)
                if reads is None or gives is None or reads == gives:
                    continue
                message = (
                    f"{models[0].names} reads texts that are {reads} numbers wide, but {origin.names} gives {gives}; "
                    "they do not belong together"
                )
                fitting = self._fitting("text_encoders", partial(_gives, reads))
                fitting += self._fitting("checkpoints", partial(_is_whole, reads))
                yield _problem(node, name, message, "Text encoders", fitting)

    def _latents(self, node: GraphNode, graph: Graph, trail: Trail) -> Iterator[Problem]:
        """What is decoded by an autoencoder of another kind, or sampled by a model of another kind."""
        users = [("VAE", trail.vaes[link]) for _, link in inputs_of(node, graph, "VAE") if link in trail.vaes]
        users += [("MODEL", trail.models[link]) for _, link in inputs_of(node, graph, "MODEL") if link in trail.models]
        if len(users) != 1:
            return
        wanted = self._channels(*users[0])
        for name, link in inputs_of(node, graph, "LATENT"):
            if link not in trail.latents:
                continue
            made = self._channels(*trail.latents[link])
            if made is None or wanted is None or made == wanted:
                continue
            message = (
                f"{users[0][1].names} works on latents of {wanted} channels, but those of "
                f"{trail.latents[link][1].names} have {made}; they do not belong together"
            )
            fitting = self._fitting("vae", partial(_decodes, made))
            yield _problem(node, name, message, "Autoencoders", fitting if users[0][0] == "VAE" else [])

    def _channels(self, kind: str, origin: Origin) -> int | None:
        facts = self._one(origin)
        return facts.channels if kind == "MODEL" else facts.latents

    def _one(self, origin: Origin) -> Facts:
        """What the only file of an origin holds; nothing is known where there are several."""
        return self._headers.of(origin.paths[0]) if len(origin.paths) == 1 else Facts()

    def _fitting(self, folder: str, fits: Callable[[Facts], bool]) -> list[str]:
        """The names of files that would fit."""
        found = []
        for name in self._folders.names(folder)[:_MOST_LOOKED_AT]:
            path = self._path(folder, name)
            if path is not None and fits(self._headers.of(path)):
                found.append(name)
        return found

    def _path(self, folder: str, name: str) -> Path | None:
        try:
            return self._folders.path(folder, name)
        except FolderError:
            return None


def _gives(width: int, facts: Facts) -> bool:
    return text_width([facts]) == width


def _is_whole(reads: int, facts: Facts) -> bool:
    return bool(facts.clips or facts.language) and facts.reads == reads


def _decodes(channels: int, facts: Facts) -> bool:
    return facts.latents == channels


def _problem(node: GraphNode, name: str, message: str, what: str, fitting: list[str]) -> Problem:
    shown = ", ".join(fitting[:_MOST_SUGGESTED])
    advice = f"{what} that fit: {shown}." if fitting else "Load the part that was published with it."
    title = f'Node {node.id} "{node.title or node.spec.title}"'
    return Problem("mismatched", f"{title}: {message}. {advice}", node.id, name, details={"fitting": fitting})
