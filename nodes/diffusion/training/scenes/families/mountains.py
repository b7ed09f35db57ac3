"""Mountains behind a lake, a forest, a meadow or snow."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas, Point
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.land import fill_land, jagged_ridge, paint_hills
from nodes.diffusion.training.scenes.palette import Colour, dim, lift, mix, tint
from nodes.diffusion.training.scenes.sky import Sky, paint_sky
from nodes.diffusion.training.scenes.trees import draw_tree
from nodes.diffusion.training.scenes.water import paint_water

_ROCK: dict[str, Colour] = {
    "snowy": (92, 104, 128),
    "green": (70, 120, 72),
    "rocky": (128, 106, 92),
    "blue": (66, 104, 160),
    "purple": (112, 82, 150),
}


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw two mountain ranges and something in front of them."""
    horizon = rng.uniform(62, 74) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    kind = rng.choice(["snowy", "snowy", "green", "rocky", "blue", "purple"])
    rock = tint(_ROCK[kind], sky.light)
    far_range = jagged_ridge(rng, canvas, horizon, 30, rng.choice([4, 6]))
    fill_land(canvas, far_range, mix(rock, sky.horizon_colour, 0.55))
    near_range = jagged_ridge(rng, canvas, horizon + 3, rng.uniform(38, 52), rng.choice([4, 5, 6]))
    fill_land(canvas, near_range, rock)
    if kind == "snowy":
        _draw_snow_caps(canvas, near_range, horizon, tint((250, 252, 255), lift(sky.light, 0.25, 0.75)))
    extras = _draw_foreground(canvas, rng, sky, horizon, kind)
    opening = rng.choice(["", "", "a landscape of "])
    return Description(describe_outdoors(rng, f"{opening}{kind} mountains", sky, extras), {"time": sky.time})


def _draw_snow_caps(canvas: Canvas, skyline: list[Point], horizon: float, snow: Colour) -> None:
    for summit in zip(skyline, skyline[1:], skyline[2:], strict=False):
        left, peak, right = summit
        height = horizon - peak[1]
        if left[1] > peak[1] < right[1] and height > 12:
            _draw_snow_cap(canvas, summit, height * 0.42, snow)


def _draw_snow_cap(canvas: Canvas, summit: tuple[Point, Point, Point], depth: float, snow: Colour) -> None:
    left, (x, y), right = summit
    left_drop, right_drop = left[1] - y, right[1] - y
    left_depth, right_depth = min(depth, left_drop * 1.5), min(depth, right_drop * 1.5)
    left_x = x + (left[0] - x) * min(1.6, left_depth / max(1e-3, left_drop))
    right_x = x + (right[0] - x) * min(1.6, right_depth / max(1e-3, right_drop))
    middle = (left_x + right_x) / 2
    canvas.polygon(
        [
            (x, y),
            (right_x, y + right_depth),
            ((middle + right_x) / 2, y + depth * 0.7),
            (middle, y + depth * 1.05),
            ((middle + left_x) / 2, y + depth * 0.72),
            (left_x, y + left_depth),
        ],
        snow,
    )


def _draw_foreground(canvas: Canvas, rng: Random, sky: Sky, horizon: float, kind: str) -> list[str]:
    foreground = rng.choice(["", "lake", "forest", "meadow", "snow" if kind == "snowy" else "lake"])
    if foreground == "lake":
        paint_water(canvas, rng, sky, horizon)
        return [rng.choice(["with a lake", "behind a lake", "by a lake"])]
    if foreground == "forest":
        _draw_forest(canvas, rng, sky, horizon)
        return [rng.choice(["with pine trees", "behind a pine forest", "and a forest"])]
    ground: Colour = (96, 168, 74)
    if foreground == "snow":
        ground = (238, 242, 250)
    elif foreground != "meadow" and kind != "green":
        ground = mix(_ROCK[kind], (60, 90, 60), 0.5)
    paint_hills(canvas, rng, horizon + 6, 7, tint(ground, sky.light))
    paint_hills(canvas, rng, horizon + 18, 8, tint(dim(ground, 0.86), sky.light))
    return ["and a green meadow"] if foreground == "meadow" else []


def _draw_forest(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> None:
    paint_hills(canvas, rng, horizon + 5, 5, tint((34, 74, 48), sky.light))
    for x in sorted([rng.uniform(0, canvas.width) for _ in range(11)]):
        y = rng.uniform(horizon + 8, canvas.height + 4)
        draw_tree(Brush(canvas, x, y, rng.uniform(15, 24)), "pine", sky.light, (30, 92, 60))
