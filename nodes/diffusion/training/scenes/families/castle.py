"""A castle on a hill."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article, describe_outdoors
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import COLOURS, Colour, darken, lift, mix, sample, tint
from nodes.diffusion.training.scenes.sky import paint_sky


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a castle with four towers."""
    horizon = rng.uniform(64, 72) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    paint_hills(canvas, rng, horizon, 12, mix(tint((70, 130, 90), sky.light), sky.horizon_colour, 0.45))
    x, y = rng.uniform(0.42, 0.58) * canvas.width, horizon + 6
    canvas.ellipse(x, y + 38, 72, 40, tint((82, 150, 70), sky.light))
    light = lift(sky.light, 0.15, 0.85)
    stone_name = rng.choice(["gray", "gray", "white", "pink", "brown"])
    roof_name = rng.choice(["red", "blue", "purple", "green"])
    stone = tint(mix(COLOURS[stone_name], (180, 180, 190), 0.35), light)
    roof = tint(sample(rng, roof_name), light)
    _draw_castle(Brush(canvas, x, y, 1), stone, roof, window=(255, 220, 110) if sky.is_dark else (50, 50, 70))
    subject = rng.choice(
        [
            "a castle on a hill",
            "a castle",
            f"{article(stone_name)} {stone_name} castle on a hill",
            f"a castle with {roof_name} roofs",
        ]
    )
    return Description(describe_outdoors(rng, subject, sky), {"time": sky.time})


def _draw_castle(brush: Brush, stone: Colour, roof: Colour, window: Colour) -> None:
    brush.rectangle(-20, -22, 20, 2, stone)
    for i in range(5):
        brush.rectangle(-20 + i * 8.7, -26, -15 + i * 8.7, -21, stone)
    for dx, half, height in ((-22, 6, 36), (22, 6, 36), (-9, 5, 44), (9, 5, 44)):
        tower = brush.moved(dx, 0)
        tower.rectangle(-half, -height, half, 2, darken(stone, 0.18) if abs(dx) > 15 else stone)
        tower.polygon([(-half - 1.5, -height), (half + 1.5, -height), (0, -height - 15)], roof)
        tower.rectangle(-1.4, -height + 7, 1.4, -height + 13, window)
    gate: Colour = (70, 44, 30)
    brush.dome(0, -6, 6, 8, gate)
    brush.rectangle(-6, -6, 6, 2, gate)
