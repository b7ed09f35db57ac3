"""Several geometric shapes: a number of equal ones, or two that stand in a relation."""

from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.backdrop import fill_backdrop
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas, Point
from nodes.diffusion.training.scenes.captions import Description, article, on_background, plural
from nodes.diffusion.training.scenes.palette import COLOUR_NAMES, CONFUSABLE, contrasting_pair, sample
from nodes.diffusion.training.scenes.shapes import SHAPES, draw_shape

# A pair of shapes tolerates a few backgrounds that a single shape avoids.
_TOLERATED = frozenset(frozenset(pair) for pair in (("orange", "brown"), ("black", "purple"), ("gray", "brown")))
_CONFUSABLE = CONFUSABLE - _TOLERATED
_LEFT, _RIGHT, _TOP, _BOTTOM = (0.28, 0.5), (0.72, 0.5), (0.5, 0.27), (0.5, 0.73)


@dataclass(frozen=True)
class _Figure:
    kind: str
    colour_name: str
    radius: float

    @property
    def phrase(self) -> str:
        return f"{article(self.colour_name)} {self.colour_name} {self.kind}"


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw equal shapes to count, or two different shapes to relate."""
    if rng.choice(["count", "rel", "rel"]) == "count":
        return _draw_equal_shapes(canvas, rng)
    return _draw_related_shapes(canvas, rng)


def _draw_equal_shapes(canvas: Canvas, rng: Random) -> Description:
    colour, background = contrasting_pair(rng)
    kind, count = rng.choice(SHAPES), rng.randint(2, 4)
    fill_backdrop(canvas, rng, background)
    radius = {2: rng.uniform(15, 19), 3: rng.uniform(11.5, 14.5), 4: rng.uniform(13, 17)}[count]
    places: tuple[Point, ...] = (_LEFT, _RIGHT)
    if count == 4:
        places = ((0.28, 0.28), (0.72, 0.28), (0.28, 0.72), (0.72, 0.72))
    elif count == 3 and rng.random() < 0.5:
        places = ((0.5, 0.28), (0.27, 0.7), (0.73, 0.7))
        radius = 14.5
    elif count == 3:
        places = ((0.19, 0.5), (0.5, 0.5), (0.81, 0.5))
    for place in places:
        _draw_near(canvas, rng, place, 2, _Figure(kind, colour, radius))
    number = ["two", "three", "four"][count - 2]
    return Description(
        f"{number} {colour} {plural(kind)} {on_background(rng, background)}",
        {"shape": kind, "color": colour, "bg": background, "n": count},
    )


def _draw_related_shapes(canvas: Canvas, rng: Random) -> Description:
    background = rng.choice(COLOUR_NAMES)
    visible = [name for name in COLOUR_NAMES if name != background and frozenset((name, background)) not in _CONFUSABLE]
    first_colour = rng.choice(visible)
    second_colour = rng.choice([name for name in visible if name != first_colour])
    first_kind, second_kind = rng.sample(SHAPES, 2)
    relation = rng.choice(["left", "right", "above", "below", "above", "and"])
    fill_backdrop(canvas, rng, background)
    first = _Figure(first_kind, first_colour, rng.uniform(14, 18))
    second = _Figure(second_kind, second_colour, rng.uniform(14, 18))
    first_place, second_place = _places(rng, relation)
    _draw_near(canvas, rng, first_place, 3, first)
    _draw_near(canvas, rng, second_place, 3, second)
    words = {
        "left": "to the left of",
        "right": "to the right of",
        "above": "above",
        "below": rng.choice(["below", "under"]),
        "and": rng.choice(["and", "next to", "beside"]),
    }[relation]
    return Description(
        f"{first.phrase} {words} {second.phrase} {on_background(rng, background)}",
        {
            "shape": first_kind,
            "color": first_colour,
            "shape2": second_kind,
            "color2": second_colour,
            "bg": background,
            "rel": relation,
        },
    )


def _places(rng: Random, relation: str) -> tuple[Point, Point]:
    if relation == "above":
        return _TOP, _BOTTOM
    if relation == "below":
        return _BOTTOM, _TOP
    if relation == "right" or (relation == "and" and rng.random() < 0.5):
        return _RIGHT, _LEFT
    return _LEFT, _RIGHT


def _draw_near(canvas: Canvas, rng: Random, place: Point, spread: float, figure: _Figure) -> None:
    x = place[0] * canvas.width + rng.uniform(-spread, spread)
    y = place[1] * canvas.height + rng.uniform(-spread, spread)
    draw_shape(Brush(canvas, x, y, figure.radius), figure.kind, sample(rng, figure.colour_name))
