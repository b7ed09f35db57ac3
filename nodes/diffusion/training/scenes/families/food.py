"""Food and small household things on a plain background."""

from collections.abc import Callable
from random import Random

from nodes.diffusion.training.scenes.backdrop import fill_backdrop
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article, on_background
from nodes.diffusion.training.scenes.families import food_items
from nodes.diffusion.training.scenes.families.food_items import Serving
from nodes.diffusion.training.scenes.palette import darken, lighten, sample

_ITEMS: dict[str, Callable[[Serving], None]] = {
    "ice cream": food_items.draw_ice_cream,
    "apple": food_items.draw_apple,
    "cup of coffee": food_items.draw_coffee,
    "cupcake": food_items.draw_cupcake,
    "burger": food_items.draw_burger,
    "pizza": food_items.draw_pizza,
    "lemon": food_items.draw_lemon,
    "cherries": food_items.draw_cherries,
    "cake": food_items.draw_cake,
    "umbrella": food_items.draw_umbrella,
    "lamp": food_items.draw_lamp,
    "gift": food_items.draw_gift,
}
_BACKGROUND_NAMES = (
    *("white", "pink", "cyan", "yellow", "blue", "green"),
    *("purple", "gray", "black", "orange", "red"),
)
_COLOUR_NAMES = ("pink", "white", "brown", "green", "yellow", "red", "blue", "purple", "orange")
_FIXED_NAMES = {"lemon": "yellow", "burger": "", "pizza": "", "cherries": "red"}
_COLOURED_KINDS = ("apple", "umbrella", "lamp", "gift box", "cupcake", "ice cream", "cake")


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw one thing; the caption may name its colour."""
    kind = rng.choice(list(_ITEMS))
    background = rng.choice(_BACKGROUND_NAMES)
    x, y = canvas.width / 2 + rng.uniform(-5, 5), canvas.height / 2 + rng.uniform(-4, 4)
    brush = Brush(canvas, x, y, rng.uniform(24, 30))
    name = _choose_name(rng, kind)
    background = _visible_background(kind, name, background)
    fill_backdrop(canvas, rng, background)
    colour = sample(rng, name or "red")
    serving = Serving(brush, rng, name, colour, darken(colour, 0.2), lighten(colour, 0.5), background)
    _ITEMS[kind](serving)
    if kind == "gift":
        kind = "gift box"
    phrase = _name_item(rng, kind, name)
    opening = "" if kind == "cherries" else article(phrase) + " "
    caption = f"{opening}{phrase} {on_background(rng, background)}"
    return Description(caption, {"kind": kind, "color": name, "bg": background})


def _choose_name(rng: Random, kind: str) -> str:
    name = rng.choice(_COLOUR_NAMES)
    if kind == "apple":
        name = rng.choice(["red", "red", "green", "yellow"])
    return _FIXED_NAMES.get(kind, name)


def _visible_background(kind: str, name: str, background: str) -> str:
    if name == background or (background == "red" and name == "pink"):
        background = "black" if name == "white" else "white"
    if kind in ("burger", "pizza") and background in ("orange", "yellow"):
        return "cyan"
    return background


def _name_item(rng: Random, kind: str, name: str) -> str:
    is_named = kind in _COLOURED_KINDS and rng.random() < 0.85
    if kind == "cup of coffee":
        return rng.choice(["cup of coffee", f"{name} cup of coffee", f"{name} mug"])
    if kind == "pizza":
        return rng.choice(["slice of pizza", "pizza slice"])
    return f"{name} {kind}" if is_named else kind
