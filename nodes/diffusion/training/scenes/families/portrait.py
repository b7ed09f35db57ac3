"""A portrait of a person on a plain background."""

from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.backdrop import fill_backdrop
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, on_background
from nodes.diffusion.training.scenes.palette import COLOUR_NAMES, Colour, darken, jitter, mix, sample

_SKINS: tuple[Colour, ...] = ((255, 222, 196), (240, 194, 150), (200, 144, 100), (142, 92, 62), (96, 62, 44))
_HAIR_NAMES = ("brown", "black", "yellow", "red", "gray", "white", "blue", "pink", "purple", "green", "orange")
_FRAME: Colour = (24, 24, 30)


@dataclass(frozen=True)
class _Person:
    kind: str
    hair_name: str
    shirt_name: str
    skin: Colour
    hair: Colour
    shirt: Colour

    @property
    def has_long_hair(self) -> bool:
        return self.kind in ("woman", "girl")


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a person whose hair, shirt and accessory the caption may name."""
    background = rng.choice(COLOUR_NAMES)
    fill_backdrop(canvas, rng, background)
    x, y = canvas.width / 2 + rng.uniform(-4, 4), canvas.height * 0.46 + rng.uniform(-3, 3)
    brush = Brush(canvas, x, y, rng.uniform(21, 25))
    person = _choose_person(rng, background)
    if person.has_long_hair:
        length = 1.5 if rng.random() < 0.6 else 0.9
        brush.rectangle(-0.98, -0.4, 0.98, length, person.hair, radius=brush.size * 0.4)
    _draw_body(brush, person)
    _draw_head(brush, person)
    _draw_features(brush, person)
    accessory = _draw_accessory(brush, rng, person)
    opening = rng.choice(["a portrait of a", "a portrait of a", "a", "an avatar of a"])
    blond = rng.choice(["blond", "blonde", "yellow"])
    hair = blond if person.hair_name == "yellow" else person.hair_name
    shirt = f" and a {person.shirt_name} shirt" if rng.random() < 0.6 else ""
    caption = f"{opening} {person.kind} with {hair} hair{shirt}{accessory}"
    if rng.random() < 0.7:
        caption += " " + on_background(rng, background)
    return Description(caption, {"kind": person.kind, "hair": person.hair_name, "bg": background})


def _choose_person(rng: Random, background: str) -> _Person:
    kind = rng.choice(["woman", "man", "girl", "boy", "woman", "man"])
    hair_name = rng.choice(_HAIR_NAMES)
    shirt_name = rng.choice([name for name in COLOUR_NAMES if name != background])
    skin = jitter(rng, rng.choice(_SKINS), 6)
    return _Person(kind, hair_name, shirt_name, skin, sample(rng, hair_name, 8), sample(rng, shirt_name, 8))


def _draw_body(brush: Brush, person: _Person) -> None:
    brush.ellipse(0, 2.25, 1.65, 1.05, person.shirt)
    brush.rectangle(-0.32, 0.6, 0.32, 1.3, darken(person.skin, 0.14))
    brush.ellipse(0, 1.25, 0.42, 0.22, darken(person.skin, 0.07))


def _draw_head(brush: Brush, person: _Person) -> None:
    if person.has_long_hair:
        brush.dome(0, -0.2, 0.99, 1.02, person.hair)
    else:
        brush.dome(0, -0.12, 0.92, 1.04, person.hair)
    for side in brush.sides():
        side.ellipse(0.82, 0.1, 0.15, 0.2, person.skin)
    brush.ellipse(0, 0.1, 0.8, 0.92, person.skin)
    if person.has_long_hair:
        crown = [(-0.8, -0.1), (-0.6, -0.72), (0.1, -0.86), (0.72, -0.55), (0.82, -0.05)]
        parting = [(0.35, -0.42), (-0.3, -0.45)]
    else:
        crown = [(-0.82, -0.12), (-0.7, -0.8), (0, -1), (0.7, -0.8), (0.82, -0.12)]
        parting = [(0.6, -0.45), (-0.55, -0.48)]
    brush.polygon(crown + parting, person.hair)


def _draw_features(brush: Brush, person: _Person) -> None:
    for side in brush.sides():
        side.ellipse(0.33, 0.08, 0.14, 0.12, (255, 255, 255))
        side.ellipse(0.33, 0.08, 0.09, 0.1, (40, 34, 40))
        side.line([(0.18, -0.18), (0.48, -0.2)], 1.1, darken(person.hair, 0.4))
    brush.line([(0, 0.12), (-0.06, 0.36), (0.06, 0.38)], 0.9, mix(person.skin, (60, 20, 10), 0.35))
    brush.arc(0, 0.5, 0.26, 0.18, degrees=(15, 165), width=1.5, colour=(190, 70, 80))


def _draw_accessory(brush: Brush, rng: Random, person: _Person) -> str:
    chance = rng.random()
    if chance < 0.2:
        for side in brush.sides():
            side.arc(0.34, 0.08, 0.25, 0.23, degrees=(0, 360), width=1.2, colour=_FRAME)
        brush.line([(-0.1, 0.06), (0.1, 0.06)], 1.1, _FRAME)
        return rng.choice([" with glasses", " wearing glasses"])
    if chance < 0.35:
        brush.rectangle(-1.1, -0.72, 1.1, -0.5, darken(person.shirt, 0.2), radius=1.5)
        brush.rectangle(-0.72, -1.3, 0.72, -0.55, person.shirt, radius=brush.size * 0.2)
        return f" wearing a {person.shirt_name} hat"
    if chance < 0.45 and person.kind == "man":
        brush.bowl(0, 0.42, 0.6, 0.66, person.hair)
        brush.arc(0, 0.5, 0.24, 0.12, degrees=(0, 180), width=1.6, colour=(200, 90, 90))
        return " with a beard"
    return ""
