"""Schematic medical images: a CT slice of a head and a chest x-ray."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description
from nodes.diffusion.training.scenes.palette import Colour


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a grayscale phantom, sometimes with a lesion on one side."""
    if rng.choice(["head", "head", "chest"]) == "head":
        return _draw_head(canvas, rng)
    return _draw_chest(canvas, rng)


def _draw_head(canvas: Canvas, rng: Random) -> Description:
    canvas.fill(_gray(4))
    x, y = canvas.width / 2 + rng.uniform(-2, 2), canvas.height / 2 + rng.uniform(-2, 2)
    radius_x, radius_y = rng.uniform(33, 37), rng.uniform(41, 45)
    tissue = rng.randint(84, 110)
    head = Brush(canvas, x, y, 1)
    head.ellipse(0, 0, radius_x, radius_y, _gray(226))
    head.ellipse(0, 0, radius_x - 4, radius_y - 4, _gray(tissue))
    head.ellipse(0, 0, radius_x - 7, radius_y - 8, _gray(tissue + 14))
    for half in head.sides():
        half.polygon([(3, -14), (9, -18), (7, -2), (13, 12), (8, 15), (3, 0)], _gray(34))
    head.line([(0, -radius_y + 8), (0, -17)], 0.9, _gray(tissue + 50))
    head.line([(0, 18), (0, radius_y - 8)], 0.9, _gray(tissue + 50))
    lesion = rng.choice(["bright", "dark", None])
    side = rng.choice(["left", "right"])
    if lesion:
        radius = rng.uniform(4.5, 8)
        lesion_x = (-1 if side == "left" else 1) * rng.uniform(17, 21)
        lesion_y = rng.uniform(-16, 16)
        lesion_radius_y = radius * rng.uniform(0.8, 1.1)
        head.ellipse(lesion_x, lesion_y, radius, lesion_radius_y, _gray(236 if lesion == "bright" else 18))
    caption = rng.choice(
        ["a grayscale CT-like phantom", "a CT scan of a head", "a medical CT phantom", "a brain scan phantom"]
    )
    caption += f" with a {lesion} lesion on the {side}" if lesion else rng.choice([" without lesion", ""])
    return Description(caption, {"kind": "head", "les": lesion, "side": side})


def _draw_chest(canvas: Canvas, rng: Random) -> Description:
    canvas.gradient([_gray(70), _gray(120), _gray(150)])
    spine = Brush(canvas, canvas.width / 2 + rng.uniform(-2, 2), 0, 1)
    spine.ellipse(0, 66, 44, 60, _gray(150))
    for half in spine.sides():
        half.ellipse(19, 50, 14, 32, _gray(36))
    spine.rectangle(-4, 4, 4, 100, _gray(196), radius=2)
    spine.ellipse(7, 66, 13, 15, _gray(190))
    for i in range(6):
        for half in spine.sides():
            half.arc(18, 26 + i * 11, 21, 9, degrees=(180, 360), width=1.3, colour=(188, 188, 188, 150))
    lesion = rng.choice(["bright", None])
    side = rng.choice(["left", "right"])
    if lesion:
        y, radius = rng.uniform(30, 62), rng.uniform(4, 6.5)
        spine.circle(-20 if side == "left" else 20, y, radius, _gray(220))
    caption = rng.choice(["a chest x-ray phantom", "a chest x-ray", "a grayscale chest x-ray image"])
    if lesion:
        caption += f" with a bright spot on the {side}"
    return Description(caption, {"kind": "chest", "les": lesion, "side": side})


def _gray(value: int) -> Colour:
    return value, value, value
