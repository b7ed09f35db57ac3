"""A vehicle on a road: a car, bus, truck or train."""

from collections.abc import Callable
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article, describe_outdoors
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import VIVID_NAMES, Colour, Light, lift, mix, sample, tint
from nodes.diffusion.training.scenes.sky import Sky, paint_sky

_PLACES = {"hills": "in the countryside", "city": "in the city", "desert": "in the desert"}

_DrawVehicle = Callable[[Brush, Colour, Light, Sky], tuple[float, ...]]
"""Draws the body and returns where the wheels go."""


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a coloured vehicle before hills, a city or a desert."""
    horizon = rng.uniform(56, 64) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    light = lift(sky.light, 0.22, 0.78)
    place = rng.choice(["hills", "hills", "city", "desert"])
    _draw_place(canvas, rng, sky, horizon, place)
    road = horizon + 14
    _draw_road(canvas, road, sky)
    name = rng.choice([*VIVID_NAMES, "white", "black", "gray"])
    colour = tint(sample(rng, name), light)
    kind = rng.choice(["car", "car", "bus", "truck", "train"])
    x, size = rng.uniform(0.42, 0.58) * canvas.width, rng.uniform(24, 28)
    vehicle = Brush(canvas, x, road + 14, size, facing=rng.choice([1, -1]))
    draw_vehicle: dict[str, _DrawVehicle] = {
        "car": _draw_car,
        "bus": _draw_bus,
        "truck": _draw_truck,
        "train": _draw_train,
    }
    wheels = draw_vehicle[kind](vehicle, colour, light, sky)
    _draw_wheels(Brush(canvas, x, road + 14, size), wheels)
    extras = [_PLACES[place]] if rng.random() < 0.6 else []
    subject = f"{article(name)} {name} {kind}"
    if kind != "train":
        subject += rng.choice([" on a road", " on the road", ""])
    caption = describe_outdoors(rng, subject, sky, extras)
    return Description(caption, {"kind": kind, "color": name, "time": sky.time})


def _draw_place(canvas: Canvas, rng: Random, sky: Sky, horizon: float, place: str) -> None:
    if place != "city":
        ground: Colour = (98, 168, 78) if place == "hills" else (228, 180, 110)
        paint_hills(canvas, rng, horizon + 3, 12, tint(ground, sky.light))
        return
    wall = mix(tint((90, 98, 124), sky.light), sky.horizon_colour, 0.25)
    x: float = -4
    while x < canvas.width:
        width = rng.uniform(8, 15)
        canvas.rectangle(x, horizon - rng.uniform(10, 34), x + width, horizon + 8, wall)
        x += width + 0.6
    canvas.rectangle(-1, horizon + 3, canvas.width + 1, canvas.height + 1, tint((150, 150, 150), sky.light))


def _draw_road(canvas: Canvas, top: float, sky: Sky) -> None:
    canvas.rectangle(-1, top, canvas.width + 1, canvas.height + 1, tint((74, 76, 84), sky.light))
    middle = (top + canvas.height) / 2
    dash = tint((240, 236, 220), lift(sky.light, 0.22, 0.78))
    for i in range(-1, 8):
        canvas.rectangle(i * 20 + 4, middle + 6, i * 20 + 14, middle + 8, dash)


def _draw_car(brush: Brush, colour: Colour, light: Light, sky: Sky) -> tuple[float, ...]:
    glass = _glass(light)
    brush.polygon([(-0.6, -0.42), (-0.42, -0.82), (0.22, -0.82), (0.58, -0.42)], colour)
    brush.polygon([(-0.46, -0.44), (-0.34, -0.74), (-0.06, -0.74), (-0.06, -0.44)], glass)
    brush.polygon([(0.02, -0.44), (0.02, -0.74), (0.2, -0.74), (0.44, -0.44)], glass)
    brush.rectangle(-1, -0.48, 1, -0.08, colour, radius=brush.size * 0.13)
    brush.ellipse(0.95, -0.32, 0.07, 0.09, (255, 240, 160))
    if sky.is_dark:
        brush.polygon([(1, -0.34), (2.2, -0.6), (2.2, 0.1)], (255, 244, 180, 80))
    return -0.56, 0.56


def _draw_bus(brush: Brush, colour: Colour, light: Light, sky: Sky) -> tuple[float, ...]:
    bus = brush.sides()[1]
    bus.rectangle(-1.15, -1, 1.15, -0.08, colour, radius=brush.size * 0.1)
    for i in range(4):
        bus.rectangle(-1.02 + i * 0.53, -0.86, -0.6 + i * 0.53, -0.5, _glass(light), radius=1)
    return -0.7, 0.7


def _draw_truck(brush: Brush, colour: Colour, light: Light, sky: Sky) -> tuple[float, ...]:
    brush.rectangle(-1.1, -0.98, 0.35, -0.1, tint((235, 235, 235), light))
    brush.rectangle(0.42, -0.78, 1.1, -0.1, colour, radius=brush.size * 0.1)
    brush.rectangle(0.62, -0.68, 1, -0.42, _glass(light))
    return -0.65, 0.65


def _draw_train(brush: Brush, colour: Colour, light: Light, sky: Sky) -> tuple[float, ...]:
    train = brush.sides()[1]
    for i in (-1, 0, 1):
        wagon = train.moved(i * 1.12, 0)
        wagon.rectangle(-0.53, -0.86, 0.53, -0.1, colour, radius=brush.size * 0.08)
        for dx in (-0.28, 0.1):
            wagon.rectangle(dx - 0.13, -0.7, dx + 0.13, -0.42, _glass(light))
    return -1.3, -0.8, -0.2, 0.3, 0.85, 1.35


def _draw_wheels(brush: Brush, places: tuple[float, ...]) -> None:
    for dx in places:
        brush.circle(dx, -0.06, 0.19, (26, 26, 30))
        brush.circle(dx, -0.06, 0.09, (150, 152, 160))


def _glass(light: Light) -> Colour:
    return tint((160, 215, 240), light)
