"""What a prompt of the embedded model's world asks for, and how much of it a picture shows: the adherence score."""

import re
from collections.abc import Mapping, Sequence

from PIL import Image

from nodes.diffusion.training.adherence import (
    Expectation,
    FiguresExpected,
    Position,
    Relation,
    SceneExpected,
    score_picture,
)
from nodes.diffusion.training.captions import SYNONYMS
from nodes.diffusion.training.scenes.captions import plural
from nodes.diffusion.training.scenes.palette import COLOURS
from nodes.diffusion.training.scenes.shapes import SHAPES

_NUMBERS = {"two": 2, "three": 3, "four": 4}
_RELATIONS: Sequence[tuple[str, Relation]] = (
    ("left of", "left"),
    ("right of", "right"),
    ("above", "above"),
    ("below", "below"),
)
_POSITIONS: Sequence[tuple[str, Position]] = (
    ("on the left", "left"),
    ("on the right", "right"),
    ("at the top", "top"),
    ("at the bottom", "bottom"),
    ("in the center", "center"),
)
_WORD_BY_SYNONYM = {
    other: word for word, others in SYNONYMS.items() for other in others if " " not in other and word not in ("man",)
}
_SINGULAR = {plural(shape): shape for shape in SHAPES}
_FIGURE = re.compile(rf"\b({'|'.join(COLOURS)}) ({'|'.join((*_SINGULAR, *SHAPES))})\b")
_BACKGROUND = re.compile(rf"\b({'|'.join(COLOURS)}) background\b")


def asked_by(prompt: str) -> Expectation:
    """What a picture of a prompt must show: figures with their colours, else the colours that it names."""
    words = re.findall(r"\w+", prompt.lower())
    text = " ".join(_WORD_BY_SYNONYM.get(word, word) for word in words)
    background = _BACKGROUND.search(text)
    figures = [(colour, _SINGULAR.get(shape, shape)) for colour, shape in _FIGURE.findall(text)]
    if not figures:
        return SceneExpected(colours=tuple(dict.fromkeys(word for word in text.split() if word in COLOURS)))
    number = next((count for word, count in _NUMBERS.items() if word in words), 1)
    if len(figures) == 1:
        figures *= number
    return FiguresExpected(
        background[1] if background else None,
        tuple(figures),
        relation=next((name for phrase, name in _RELATIONS if len(set(figures)) > 1 and phrase in text), None),
        position=next((name for phrase, name in _POSITIONS if len(figures) == 1 and phrase in text), None),
    )


def adherence(picture: Image.Image, prompt: str) -> tuple[float, Mapping[str, bool]]:
    """The share of what a prompt asks for that a picture shows (0..1), and each thing that was looked for.

    Nothing is learnt: figures are found by their colour against the border and compared with drawn ones. It knows the
    embedded model's world only; a prompt that names neither colours nor shapes is fulfilled by every picture.
    """
    verdict = {name: found for name, found in score_picture(picture, asked_by(prompt)).items() if name != "all"}
    return (sum(verdict.values()) / len(verdict) if verdict else 1.0), verdict
