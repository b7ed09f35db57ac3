"""Prompts that the embedded model was never trained on, each with what its picture must show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from nodes.diffusion.training.adherence import Expectation, FiguresExpected, SceneExpected
from nodes.diffusion.training.dataset import is_held_out
from nodes.diffusion.training.scenes import render
from nodes.diffusion.training.scenes.captions import article, plural

FIRST_TEST_SEED = 1_000_000
"""Test combinations come from these seeds on; training seeds begin at ten million."""

_NUMBERS = {2: "two", 3: "three", 4: "four"}
_RELATIONS = {"left": "to the left of", "right": "to the right of", "above": "above", "below": "below", "and": "and"}
_POSITIONS = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "center": "in the center",
}


@dataclass(frozen=True)
class TestPrompt:
    """A prompt, the seed of its noise, and what the picture must show."""

    __test__ = False  # pytest collects classes with this name otherwise

    text: str
    seed: int
    expectation: Expectation


def single_prompts(number: int = 100) -> list[TestPrompt]:
    """One figure: its colour, its shape and its background must be right."""
    prompts = (_single(meta) for meta in _held_out("shape"))
    return _numbered(prompts, number)


def composed_prompts(number: int = 100) -> list[TestPrompt]:
    """Several equal figures, two figures in a relation, and one figure in a named place, in turn."""
    groups = (
        (_counted(meta) for meta in _held_out("shapes") if "n" in meta),
        (_related(meta) for meta in _held_out("shapes") if "rel" in meta),
        (_placed(meta) for meta in _held_out("shape") if meta["pos"]),
    )
    return _numbered((prompt for trio in zip(*groups, strict=False) for prompt in trio), number)


def scene_prompts() -> list[TestPrompt]:
    """Scenes and styles whose look can be checked by statistics of their colours."""
    return [TestPrompt(text, seed, expectation) for text, expectation in _SCENES for seed in range(3)]


def expectation_of(meta: Mapping[str, Any]) -> Expectation:  # Any: each family describes itself in its own words
    """What a picture of the families `shape` and `shapes` must show, from its description."""
    if "n" in meta:
        return _counted(meta)[1]
    if "rel" in meta:
        return _related(meta)[1]
    return _placed(meta)[1] if meta["pos"] else _single(meta)[1]


_SCENES: tuple[tuple[str, Expectation], ...] = (
    ("a castle at night", SceneExpected(("dark",))),
    ("a city at night with stars", SceneExpected(("dark",))),
    ("mountains on a sunny day", SceneExpected(("bright",))),
    ("the sea on a sunny day", SceneExpected(("bright",), ("cyan",))),
    ("a house in the snow, black and white", SceneExpected(("colourless",))),
    ("a forest, grayscale", SceneExpected(("colourless",))),
    ("a pencil sketch of a castle", SceneExpected(("sketch",))),
    ("a pencil sketch of a house", SceneExpected(("sketch",))),
    ("a neon sign of a cat face", SceneExpected(("neon",))),
    ("mountains at sunset, pixel art", SceneExpected(("pixels",))),
    ("a castle on a hill, pixel art", SceneExpected(("pixels",))),
    ("a red car", SceneExpected((), ("red",))),
    ("a yellow car", SceneExpected((), ("yellow",))),
    ("a blue flower on a white background", SceneExpected((), ("blue", "white"))),
    ("a red flower on a black background", SceneExpected((), ("red", "black"))),
    ("a green apple on a white background", SceneExpected((), ("green", "white"))),
)


def _held_out(family: str) -> Iterator[Mapping[str, Any]]:  # Any: each family describes itself in its own words
    """Descriptions of held-out pictures, without end."""
    metas = (render(seed, 16, 16, family=family, styled=False).meta for seed in count(FIRST_TEST_SEED))
    return (meta for meta in metas if is_held_out(meta))


def _numbered(prompts: Iterator[tuple[str, Expectation]], number: int) -> list[TestPrompt]:
    """Give each prompt the seed of its place in the list."""
    return [TestPrompt(text, seed, expectation) for seed, (text, expectation) in enumerate(islice(prompts, number))]


def _single(meta: Mapping[str, Any]) -> tuple[str, Expectation]:
    expectation = FiguresExpected(meta["bg"], ((meta["color"], meta["shape"]),))
    return f"{_named(meta['color'], meta['shape'])} {_on(meta['bg'])}", expectation


def _placed(meta: Mapping[str, Any]) -> tuple[str, Expectation]:
    text = f"{_named(meta['color'], meta['shape'])} {_POSITIONS[meta['pos']]} {_on(meta['bg'])}"
    return text, FiguresExpected(meta["bg"], ((meta["color"], meta["shape"]),), position=meta["pos"])


def _counted(meta: Mapping[str, Any]) -> tuple[str, Expectation]:
    text = f"{_NUMBERS[meta['n']]} {meta['color']} {plural(meta['shape'])} {_on(meta['bg'])}"
    return text, FiguresExpected(meta["bg"], ((meta["color"], meta["shape"]),) * meta["n"])


def _related(meta: Mapping[str, Any]) -> tuple[str, Expectation]:
    first, second = (meta["color"], meta["shape"]), (meta["color2"], meta["shape2"])
    text = f"{_named(*first)} {_RELATIONS[meta['rel']]} {_named(*second)} {_on(meta['bg'])}"
    relation = None if meta["rel"] == "and" else meta["rel"]
    return text, FiguresExpected(meta["bg"], (first, second), relation=relation)


def _named(colour: str, shape: str) -> str:
    return f"{article(colour)} {colour} {shape}"


def _on(background: str) -> str:
    return f"on {article(background)} {background} background"
