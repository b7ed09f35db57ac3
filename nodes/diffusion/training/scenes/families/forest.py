"""A forest or a lone tree through the four seasons."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import Colour, Light, mix, tint
from nodes.diffusion.training.scenes.sky import Sky, paint_sky
from nodes.diffusion.training.scenes.trees import draw_tree

_GROUND: dict[str, Colour] = {
    "summer": (84, 156, 70),
    "winter": (236, 241, 250),
    "autumn": (176, 130, 62),
    "spring": (130, 196, 90),
}
_LEAVES: dict[str, tuple[Colour, ...]] = {
    "summer": ((40, 128, 58), (60, 150, 70)),
    "winter": ((206, 220, 232), (70, 110, 104)),
    "autumn": ((226, 110, 34), (206, 64, 40), (238, 170, 50)),
    "spring": ((250, 170, 200), (255, 200, 220)),
}
_LONE_TREE = {
    "summer": ("a tree on a hill", "a lone green tree on a hill"),
    "autumn": ("an autumn tree on a hill", "a tree with orange leaves"),
    "winter": ("a tree on a snowy hill", "a tree in winter"),
    "spring": ("a cherry blossom tree", "a tree with pink blossoms on a hill"),
}
_BARE_TREE = ("a bare tree in winter", "a bare tree on a snowy hill")
_FOREST = {
    "summer": ("a green forest", "a forest"),
    "autumn": ("an autumn forest", "a forest in autumn"),
    "winter": ("a snowy forest", "a pine forest in winter"),
    "spring": ("a forest of cherry blossom trees", "pink trees in spring"),
}
_SUMMER_PINES = ("a pine forest", "a forest")


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a lone tree on a hill or many trees."""
    horizon = rng.uniform(50, 62) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    season = rng.choice(["summer", "autumn", "winter", "spring"])
    draw_trees = _draw_lone_tree if rng.random() < 0.45 else _draw_forest
    subjects = draw_trees(canvas, rng, sky, horizon, season)
    return Description(describe_outdoors(rng, rng.choice(subjects), sky), {"time": sky.time})


def _draw_lone_tree(canvas: Canvas, rng: Random, sky: Sky, horizon: float, season: str) -> tuple[str, ...]:
    ground = tint(_GROUND[season], sky.light)
    paint_hills(canvas, rng, horizon + 8, 8, mix(ground, sky.horizon_colour, 0.3))
    x = rng.uniform(0.35, 0.65) * canvas.width
    canvas.ellipse(x, horizon + 50, 75, 36, ground)
    kind = rng.choice(["round", "round", "pine", "bare" if season == "winter" else "round"])
    tree = Brush(canvas, x, horizon + 17, rng.uniform(44, 58))
    draw_tree(tree, kind, sky.light, rng.choice(_LEAVES[season]))
    return _BARE_TREE if kind == "bare" else _LONE_TREE[season]


def _draw_forest(canvas: Canvas, rng: Random, sky: Sky, horizon: float, season: str) -> tuple[str, ...]:
    paint_hills(canvas, rng, horizon + 6, 6, tint(_GROUND[season], sky.light))
    kind = "pine" if season == "winter" else "round"
    if season == "summer":
        kind = rng.choice(["pine", "round"])
    for y in sorted(rng.uniform(horizon + 4, canvas.height + 6) for _ in range(rng.randint(10, 16))):
        nearness = (y - horizon) / (canvas.height - horizon)
        tree = Brush(canvas, rng.uniform(0, canvas.width), y, 16 + 24 * nearness)
        draw_tree(tree, kind, _faded(sky.light, nearness), rng.choice(_LEAVES[season]))
    return _SUMMER_PINES if season == "summer" and kind == "pine" else _FOREST[season]


def _faded(light: Light, nearness: float) -> Light:
    red, green, blue = (channel * (0.8 + 0.2 * nearness) for channel in light)
    return red, green, blue
