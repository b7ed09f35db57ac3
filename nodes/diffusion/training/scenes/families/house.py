"""A house in summer, autumn or winter."""

from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas, Point
from nodes.diffusion.training.scenes.captions import Description, article, describe_outdoors
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import Colour, Light, lift, mix, sample, tint
from nodes.diffusion.training.scenes.sky import Sky, paint_sky
from nodes.diffusion.training.scenes.trees import draw_tree

_GROUND: dict[str, Colour] = {"summer": (96, 170, 76), "winter": (238, 243, 250), "autumn": (190, 150, 70)}
_LEAVES: dict[str, Colour] = {"summer": (46, 138, 62), "winter": (220, 230, 240), "autumn": (222, 110, 36)}
_WALL_NAMES = ("white", "white", "yellow", "blue", "pink", "brown", "gray", "green", "orange")
_ROOF_NAMES = ("red", "red", "blue", "brown", "green", "purple", "orange", "black")


@dataclass(frozen=True)
class _Plot:
    """Where the house stands: the middle of its doorstep, half its width, the height of its walls."""

    x: float
    y: float
    half_width: float
    height: float

    def at(self, across: float, up: float) -> Point:
        """Return the point `across` half widths beside and `up` wall heights above the doorstep."""
        return self.x + across * self.half_width, self.y - up * self.height


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a house with a path, perhaps trees and smoke, in one of the seasons."""
    horizon = rng.uniform(62, 70) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    season = rng.choice(["summer", "summer", "summer", "winter", "autumn"])
    ground = tint(_GROUND[season], sky.light)
    paint_hills(canvas, rng, horizon, 9, mix(ground, sky.horizon_colour, 0.3))
    paint_hills(canvas, rng, horizon + 9, 5, ground)
    x, y = rng.uniform(0.4, 0.6) * canvas.width, horizon + rng.uniform(12, 20)
    plot = _Plot(x, y, rng.uniform(17, 23), rng.uniform(20, 26))
    wall = rng.choice(_WALL_NAMES)
    roof = rng.choice([name for name in _ROOF_NAMES if name != wall])
    light = lift(sky.light, 0.18, 0.82)
    extras = _draw_trees(canvas, rng, sky, plot, season)
    extras += _draw_chimney(canvas, rng, plot, light)
    _draw_walls(canvas, rng, plot, light, (wall, roof))
    _draw_windows(canvas, plot, light, is_lit=sky.is_dark)
    canvas.rectangle(x - 3.4, plot.at(0, 0.5)[1], x + 3.4, y, tint((104, 62, 36), light))
    path = [(x - 3, y), (x + 3, y), (x + 9, canvas.height + 1), (x - 9, canvas.height + 1)]
    canvas.polygon(path, tint((214, 190, 150), sky.light))
    subject = rng.choice(
        [
            f"a house with a {roof} roof",
            f"{article(wall)} {wall} house with a {roof} roof",
            f"{article(wall)} {wall} house",
            "a house",
            f"a cottage with a {roof} roof",
        ]
    )
    if season == "winter":
        extras.append(rng.choice(["in winter", "in the snow", "covered with snow"]))
    if season == "autumn":
        extras.append("in autumn")
    return Description(describe_outdoors(rng, subject, sky, extras), {"time": sky.time})


def _draw_trees(canvas: Canvas, rng: Random, sky: Sky, plot: _Plot, season: str) -> list[str]:
    kind = "pine" if season == "winter" else rng.choice(["round", "pine"])
    side = rng.choice([-1, 1])
    count = rng.choice([0, 1, 1, 2])
    for i in range(count):
        x = plot.x + side * (1 if i == 0 else -1) * (plot.half_width + rng.uniform(9, 14))
        y = plot.y + rng.uniform(-2, 2)
        draw_tree(Brush(canvas, x, y, rng.uniform(26, 36)), kind, sky.light, _LEAVES[season])
    if count == 0:
        return []
    if count == 1:
        return [rng.choice(["and a tree", "with a tree", "next to a tree"])]
    return [rng.choice(["and trees", "between two trees", "with trees"])]


def _draw_chimney(canvas: Canvas, rng: Random, plot: _Plot, light: Light) -> list[str]:
    canvas.rectangle(*plot.at(0.42, 1.62), *plot.at(0.66, 1), tint((140, 70, 60), light))
    if rng.random() >= 0.3:
        return []
    x, y = plot.at(0.54, 1.7)
    for i in range(4):
        canvas.circle(x + i * 2.2, y - i * 5, 1.8 + i * 0.9, (235, 235, 235, 150))
    return ["with smoke from the chimney"]


def _draw_walls(canvas: Canvas, rng: Random, plot: _Plot, light: Light, names: tuple[str, str]) -> None:
    wall, roof = names
    canvas.rectangle(*plot.at(-1, 1), *plot.at(1, 0), tint(sample(rng, wall), light))
    if rng.random() < 0.35:
        outline = [(-1.22, 0.96), (1.22, 0.96), (0.45, 1.72), (-0.45, 1.72)]
    else:
        outline = [(-1.25, 0.96), (1.25, 0.96), (0, 1.85)]
    canvas.polygon([plot.at(*corner) for corner in outline], tint(sample(rng, roof), light))


def _draw_windows(canvas: Canvas, plot: _Plot, light: Light, *, is_lit: bool) -> None:
    glass = (255, 226, 110) if is_lit else tint((170, 215, 240), light)
    for across in (-0.58, 0.58):
        x, y = plot.at(across, 0.6)
        if is_lit:
            canvas.glow(x, y, 9, (255, 220, 120), 0.5)
        canvas.rectangle(x - 3.6, y - 3.6, x + 3.6, y + 3.6, glass)
        canvas.line([(x, y - 3.6), (x, y + 3.6)], 0.9, tint((80, 60, 50), light))
