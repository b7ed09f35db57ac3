"""Every scene family with how often it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description
from nodes.diffusion.training.scenes.families import (
    aurora,
    car,
    castle,
    city,
    desert,
    face,
    flower,
    food,
    forest,
    hills,
    house,
    mountains,
    phantom,
    pixel,
    portrait,
    sea,
    several_shapes,
    single_shape,
    space,
    texture,
    ufo,
    underwater,
)


@dataclass(frozen=True)
class Family:
    """One kind of scene: it draws on a canvas and describes what it drew."""

    draw: Callable[[Canvas, Random], Description]
    weight: float
    """Its share among all families, relative to the others' weights."""
    takes_style: bool = True
    """Whether a random style may be put on top."""


FAMILIES: dict[str, Family] = {
    "shape": Family(single_shape.draw, 13),
    "shapes": Family(several_shapes.draw, 9),
    "mountains": Family(mountains.draw, 5),
    "sea": Family(sea.draw, 6),
    "house": Family(house.draw, 5),
    "city": Family(city.draw, 7),
    "desert": Family(desert.draw, 3),
    "forest": Family(forest.draw, 4),
    "space": Family(space.draw, 6),
    "ufo": Family(ufo.draw, 1.5),
    "castle": Family(castle.draw, 2.5),
    "hills": Family(hills.draw, 6),
    "aurora": Family(aurora.draw, 3),
    "face": Family(face.draw, 9),
    "portrait": Family(portrait.draw, 4),
    "pixel": Family(pixel.draw, 7, takes_style=False),
    "flower": Family(flower.draw, 4),
    "underwater": Family(underwater.draw, 4),
    "car": Family(car.draw, 4),
    "food": Family(food.draw, 5),
    "phantom": Family(phantom.draw, 2.5, takes_style=False),
    "texture": Family(texture.draw, 6, takes_style=False),
}
"""Every family by name; the order is part of what a seed means."""
