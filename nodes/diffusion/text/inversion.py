"""Textual inversions: learnt vectors that stand in a prompt like words.

Gal et al., 2022, "An Image is Worth One Word: Personalizing Text-to-Image Generation using Textual Inversion".
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from nodes.diffusion.text.prompt import MARK, parse, split_inversions
from nodes.diffusion.types import FindEmbedding
from nodes.diffusion.weights.statefile import PICKLES, SAFETENSORS, StateFile

KEYS = ("emb_params", "clip_l", "<concept>")
"""What files call the vectors of a model with one text encoder; otherwise their first tensor is taken."""
SUFFIXES = (".safetensors", ".sft", *sorted(PICKLES - {".ckpt", ".pkl"}))
"""Endings that may be left out in a prompt."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inversion:
    """What `embedding:name …` in a prompt means."""

    vectors: Tensor | None
    """(tokens, width); None if there is nothing of that name, which is then left out."""
    rest: str
    """What follows the name; ordinary text."""


def read_inversion(piece: str, width: int, find: FindEmbedding, encoder: str = "clip_l") -> Inversion:
    """Read the vectors that a piece of a prompt names at its start.

    What is not there, or made for another text encoder, is left out with a warning, as the ecosystem does.

    Args:
        piece: begins with `embedding:`.
        width: of the text encoder's token vectors.
        find: where a name's file is.
        encoder: which of a model's text encoders reads it; files for several hold vectors for each by that name.

    Raises:
        PickleRefused: the file is a pickle.
    """
    words = piece.removeprefix(MARK).split()
    name, rest = (words[0], " ".join(words[1:])) if words else ("", "")
    path, end = _located(name, find)
    if path is not None:
        return Inversion(_vectors(path, width, encoder), f"{name[end:]} {rest}".strip())
    logger.warning('The textual inversion "%s" is not in the folder "embeddings"; it is left out.', name[:end])
    return Inversion(None, f"{name[end:]} {rest}".strip())


def files_named(prompt: str, find: FindEmbedding) -> list[Path]:
    """The files of the textual inversions that a prompt names, as far as they are there."""
    pieces = [piece for stretch in parse(prompt) for piece in split_inversions(stretch.text)]
    names = [piece.removeprefix(MARK).split()[:1] for piece in pieces if piece.startswith(MARK)]
    return [path for name in names if name and (path := _located(name[0], find)[0]) is not None]


def _located(name: str, find: FindEmbedding) -> tuple[Path | None, int]:
    """The file that a word of a prompt means, and where its name ends in the word."""
    end = len(name)
    for end in dict.fromkeys((len(name), _end_of_name(name))):
        path = _find(name[:end], find)
        if path is not None:
            return path, end
    return None, end


def _end_of_name(name: str) -> int:
    """Where punctuation that clings to a name begins."""
    for mark in "<[":
        name = name.partition(mark)[0]
    return len(name.rstrip(","))


def _find(name: str, find: FindEmbedding) -> Path | None:
    if not name:
        return None
    candidates = [name] if Path(name).suffix.lower() in SAFETENSORS | PICKLES else [name + end for end in SUFFIXES]
    return next((path for path in map(find, candidates) if path is not None), None)


def _vectors(path: Path, width: int, encoder: str) -> Tensor | None:
    file = StateFile(path)
    key = next((key for key in (encoder, *KEYS) if key in file), next(iter(file.shapes), None))
    vectors = file.tensor(key).float().reshape(-1, file.shapes[key][-1]) if key and file.shapes[key] else None
    if vectors is None or vectors.shape[1] != width:
        found = vectors.shape[1] if vectors is not None else 0
        logger.warning("%s has vectors of width %d, the text encoder of %d; it is left out.", path.name, found, width)
        return None
    return vectors
