"""Judges whether a picture shows what its prompt asked for, without any learnt judge.

Pictures of figures are judged by finding the figures; pictures of scenes and styles by simple statistics of their
colours. Real drawings of the scene generator pass nearly always, which the tests check.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from nodes.diffusion.training.colours import nearest_name, to_lab
from nodes.diffusion.training.figures import Figure, Finding, find_figures

Relation = Literal["left", "right", "above", "below"]
Position = Literal["left", "right", "top", "bottom", "center"]
Look = Literal["dark", "bright", "colourless", "sketch", "neon", "pixels"]

Verdict = dict[str, bool]
"""Each thing that was asked for and whether it is there; `all` says whether everything is."""


@dataclass(frozen=True)
class FiguresExpected:
    """Figures as (colour, shape) on a plain background; the relation is that of the first to the second."""

    background: str | None
    figures: tuple[tuple[str, str], ...]
    relation: Relation | None = None
    position: Position | None = None


@dataclass(frozen=True)
class SceneExpected:
    """A scene that has certain looks, and colours that cover a visible part of it."""

    looks: tuple[Look, ...] = ()
    colours: tuple[str, ...] = ()


Expectation = FiguresExpected | SceneExpected


def score_picture(picture: Image.Image, expectation: Expectation) -> Verdict:
    """Compare a picture with what its prompt asked for."""
    if isinstance(expectation, FiguresExpected):
        verdict = _judge_figures(find_figures(picture), expectation)
    else:
        verdict = _judge_scene(np.asarray(picture.convert("RGB")), expectation)
    return {**verdict, "all": all(verdict.values())}


def _judge_figures(finding: Finding, expected: FiguresExpected) -> Verdict:
    """Count, name and place the figures."""
    wanted = expected.figures
    found = finding.figures[: len(wanted)]
    verdict = {
        "count": len(finding.figures) == len(wanted),
        "colour": Counter(colour for colour, _ in wanted) == Counter(figure.colour for figure in found),
        "shape": Counter(shape for _, shape in wanted) == Counter(figure.shape for figure in found),
    }
    if expected.background is not None:
        verdict["background"] = finding.background == expected.background
    if len(set(wanted)) > 1:
        verdict["binding"] = Counter(wanted) == Counter((figure.colour, figure.shape) for figure in found)
    if expected.relation:
        verdict["relation"] = _stand_in_relation(found, wanted[0], expected.relation)
    if expected.position:
        verdict["position"] = bool(found) and _stands_at(found[0], expected.position)
    return verdict


def _stand_in_relation(found: tuple[Figure, ...], first: tuple[str, str], relation: Relation) -> bool:
    """Whether the first figure stands so to the second, by a tenth of the picture at least."""
    named = [figure for figure in found if (figure.colour, figure.shape) == first]
    others = [figure for figure in found if (figure.colour, figure.shape) != first]
    if len(named) != 1 or len(others) != 1:
        return False
    across, down = named[0].x - others[0].x, named[0].y - others[0].y
    return {"left": across < -0.1, "right": across > 0.1, "above": down < -0.1, "below": down > 0.1}[relation]


def _stands_at(figure: Figure, position: Position) -> bool:
    return {
        "left": figure.x < 0.43,
        "right": figure.x > 0.57,
        "top": figure.y < 0.43,
        "bottom": figure.y > 0.57,
        "center": abs(figure.x - 0.5) < 0.1 and abs(figure.y - 0.5) < 0.1,
    }[position]


def _judge_scene(pixels: np.ndarray, expected: SceneExpected) -> Verdict:
    """Check each look and each colour; pixels (height, width, 3)."""
    return {look: _LOOKS[look](pixels) for look in expected.looks} | {
        colour: _share_of(pixels, colour) > 0.03 for colour in expected.colours
    }


def _share_of(pixels: np.ndarray, colour: str) -> float:
    """The share of the picture's 4 x 4 cells that have this colour."""
    height, width = (side // 4 * 4 for side in pixels.shape[:2])
    cells = pixels[:height, :width].reshape(height // 4, 4, width // 4, 4, 3).mean((1, 3)).reshape(-1, 3)
    return sum(nearest_name(cell) == colour for cell in cells) / len(cells)


def _lightness(pixels: np.ndarray) -> float:
    """Mean L* from 0 (black) to 100 (white)."""
    return float(to_lab(pixels)[..., 0].mean())


def _chroma(pixels: np.ndarray) -> np.ndarray:
    """Distance from gray of each pixel, (height, width)."""
    return np.linalg.norm(to_lab(pixels)[..., 1:], axis=-1)


def _is_pixelated(pixels: np.ndarray) -> bool:
    """Whether colours change at the borders of 4 x 4 cells much more than inside them."""
    steps = np.abs(np.diff(pixels.astype(np.float64).mean(-1), axis=1)).mean(0)  # (width - 1,)
    at_border = np.arange(1, len(steps) + 1) % 4 == 0
    return bool(steps[at_border].mean() > 2 * steps[~at_border].mean())


_LOOKS: dict[Look, Callable[[np.ndarray], bool]] = {
    "dark": lambda pixels: _lightness(pixels) < 45,
    "bright": lambda pixels: _lightness(pixels) > 50,
    "colourless": lambda pixels: float(_chroma(pixels).mean()) < 8,
    "sketch": lambda pixels: float(_chroma(pixels).mean()) < 8 and _lightness(pixels) > 70,
    "neon": lambda pixels: _lightness(pixels) < 50 and float(np.percentile(_chroma(pixels), 97)) > 45,
    "pixels": _is_pixelated,
}
