"""A city skyline, contemporary or futuristic."""

import math
from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.palette import Colour, jitter, lift, mix, tint, with_alpha
from nodes.diffusion.training.scenes.sky import Sky, paint_sky
from nodes.diffusion.training.scenes.water import paint_water

_FUTURISTIC_SUBJECTS = (
    "a futuristic city skyline",
    "a futuristic city skyline",
    "a futuristic city",
    "a sci-fi city skyline",
    "a cyberpunk city",
)
_SUBJECTS = ("a city skyline", "a city", "skyscrapers", "a skyline with tall buildings")


@dataclass(frozen=True)
class _Look:
    """What all buildings of one city share."""

    sky: Sky
    horizon: float
    is_futuristic: bool
    neon: Colour

    @property
    def is_lit(self) -> bool:
        """Whether lights are on; in a city that is from sunset on."""
        return self.sky.is_dark or self.sky.time == "sunset"


@dataclass(frozen=True)
class _Tower:
    left: float
    top: float
    width: float
    colour: Colour


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw three rows of buildings, the ground or water before them and things in the air."""
    horizon = rng.uniform(78, 88) * canvas.height / 100
    is_futuristic = rng.random() < 0.6
    time = rng.choice(["sunset", "sunset", "night", "night", "dusk", "dawn", "day"])
    sky = paint_sky(canvas, rng, horizon + 4, time=time)
    look = _Look(sky, horizon, is_futuristic, rng.choice([(60, 230, 255), (255, 70, 200), (150, 90, 255)]))
    for row in range(3):
        _draw_row(canvas, rng, look, row)
    extras = []
    if rng.choice(["", "water", "road"]) == "water":
        paint_water(canvas, rng, sky, horizon + 2)
        extras.append(rng.choice(["by the water", "behind a river", "by the sea"]))
    else:
        canvas.rectangle(-1, horizon + 6, canvas.width + 1, canvas.height + 1, (30, 30, 44))
    if rng.random() < (0.6 if is_futuristic else 0.03):
        for _ in range(rng.randint(2, 5)):
            _draw_flying_car(canvas, rng)
        extras.insert(0, rng.choice(["with flying cars", "with flying cars", "and flying cars"]))
    if not is_futuristic and sky.is_dark and rng.random() < 0.3:
        for _ in range(rng.randint(2, 4)):
            _draw_firework(canvas, rng)
        extras.insert(0, rng.choice(["with fireworks", "with fireworks in the sky"]))
    subject = rng.choice(_FUTURISTIC_SUBJECTS if is_futuristic else _SUBJECTS)
    return Description(describe_outdoors(rng, subject, sky, extras), {"time": sky.time, "fut": is_futuristic})


def _draw_row(canvas: Canvas, rng: Random, look: _Look, row: int) -> None:
    wall = _wall_colour(look.sky, row / 2)
    heights = ((30, 56), (18, 48), (8, 30))[row]
    left = rng.uniform(-8, 0)
    while left < canvas.width:
        width = rng.uniform(8, 14) if row < 2 else rng.uniform(11, 18)
        top = look.horizon - rng.uniform(*heights) * canvas.height / 100
        tower = _Tower(left, top, width, jitter(rng, wall, 6))
        _draw_tower(canvas, rng, look, tower)
        # Every futuristic building draws this number, or the seeds of old pictures would change.
        has_neon = look.is_futuristic and look.is_lit and rng.random() < 0.35
        if row > 0 and has_neon:
            neon_left, neon_right = left + width * 0.42, left + width * 0.58
            canvas.rectangle(neon_left, top + 2, neon_right, look.horizon + 20, with_alpha(look.neon, 170))
        elif row > 0:
            _draw_windows(canvas, rng, look, tower)
        left += width + rng.choice([0, 0, 0.8, 2])


def _wall_colour(sky: Sky, nearness: float) -> Colour:
    if sky.time == "day":
        return mix(mix((150, 170, 200), sky.horizon_colour, 0.5), (70, 84, 112), nearness)
    wall = mix(mix((120, 130, 165), sky.horizon_colour, 0.55), (34, 36, 62), nearness)
    return tint(wall, lift(sky.light, 0.5, 0.5))


def _draw_tower(canvas: Canvas, rng: Random, look: _Look, tower: _Tower) -> None:
    left, top, width, colour = tower.left, tower.top, tower.width, tower.colour
    futuristic_roofs = ["flat", "flat", "taper", "dome", "spire", "slant"]
    roof = rng.choice(futuristic_roofs if look.is_futuristic else ["flat", "flat", "flat", "step", "spire"])
    right, middle = left + width, left + width / 2
    canvas.rectangle(left, top, right, canvas.height + 1, colour)
    if roof == "taper":
        canvas.polygon([(left, top), (right, top), (middle + 1, top - 14), (middle - 1, top - 14)], colour)
    elif roof == "dome":
        canvas.pieslice(middle, top + 0.3, width / 2, width / 2, degrees=(180, 360), colour=colour)
    elif roof == "spire":
        canvas.rectangle(middle - width * 0.25, top - 4, middle + width * 0.25, top, colour)
        canvas.rectangle(middle - 0.6, top - 13, middle + 0.6, top, colour)
    elif roof == "slant":
        canvas.polygon([(left, top + 0.2), (right, top + 0.2), (right, top - 8)], colour)
    elif roof == "step":
        canvas.rectangle(left + width * 0.2, top - 5, left + width * 0.8, top, colour)


def _draw_windows(canvas: Canvas, rng: Random, look: _Look, tower: _Tower) -> None:
    if look.is_lit:
        chance, opacity = 0.5, 235
        glass = rng.choice([(255, 222, 120), (255, 206, 96), (190, 235, 255)])
    else:
        chance, opacity = 0.8, 150
        glass = mix(tower.colour, (210, 230, 250), 0.4)
    y = tower.top + 3
    while y < look.horizon + 4:
        x = tower.left + 1.6
        while x < tower.left + tower.width - 2.6:
            if rng.random() < chance:
                canvas.rectangle(x, y, x + 2.1, y + 2.4, with_alpha(glass, opacity))
            x += 3.6
        y += 4.6


def _draw_flying_car(canvas: Canvas, rng: Random) -> None:
    x, y = rng.uniform(8, canvas.width - 8), rng.uniform(10, 52) * canvas.height / 100
    facing, size = rng.choice([1, -1]), rng.uniform(4.2, 6)
    exhaust = rng.choice([(255, 80, 80), (80, 240, 255), (255, 200, 90), (255, 100, 220)])
    tail = x - facing * size
    flame = [(tail, y - 0.7), (tail, y + 0.9), (x - facing * size * 3.4, y + 0.2)]
    canvas.polygon(flame, with_alpha(exhaust, 170))
    canvas.glow(tail, y, 4.2, exhaust, 0.9)
    body = rng.choice([(225, 230, 240), (50, 54, 74), (200, 60, 60), (60, 120, 220), (245, 190, 60)])
    canvas.rectangle(x - size, y - 1.1, x + size, y + 1.5, body, radius=1.2)
    cabin_x = x - facing * 0.2
    canvas.pieslice(cabin_x, y - 0.6, size * 0.55, 2.3, degrees=(180, 360), colour=(160, 230, 255))


def _draw_firework(canvas: Canvas, rng: Random) -> None:
    x, y, radius = rng.uniform(12, canvas.width - 12), rng.uniform(12, 42), rng.uniform(8, 13)
    colour = rng.choice([(255, 90, 90), (255, 215, 90), (110, 255, 150), (120, 170, 255), (255, 130, 235)])
    canvas.glow(x, y, radius * 1.3, colour, 0.5)
    rays = rng.choice([10, 12, 14])
    for i in range(rays):
        angle = 2 * math.pi * i / rays
        cos, sin = radius * math.cos(angle), radius * math.sin(angle)
        canvas.line([(x + 0.25 * cos, y + 0.25 * sin), (x + cos, y + sin)], 1.1, colour)
