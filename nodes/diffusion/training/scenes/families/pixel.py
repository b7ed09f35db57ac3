"""Pixel art icons of game items."""

from random import Random

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, on_background
from nodes.diffusion.training.scenes.families.pixel_items import ITEMS, Shades
from nodes.diffusion.training.scenes.families.sprite import Sprite
from nodes.diffusion.training.scenes.palette import COLOURS, VIVID_NAMES, darken, lighten, sample

_BACKGROUND_NAMES = ("black", "gray", "blue", "green", "purple", "white", "brown", "pink", "cyan")
_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "coin": ("yellow",),
    "key": ("yellow", "gray"),
    "apple": ("red", "green"),
    "chest": ("brown",),
    "crown": ("yellow", "yellow", "gray"),
    "bomb": ("black",),
    "bow": ("brown",),
    "scroll": ("yellow",),
}
_METAL_ITEMS = ("sword", "shield", "axe")
_TEMPLATES = (
    "a pixel art {} icon",
    "pixel {} icon",
    "a pixel art {}",
    "a {} game icon, pixel art",
    "pixel art of a {}",
    "a {} sprite",
)


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw one item as a 32-pixel sprite."""
    kind = rng.choice(list(ITEMS))
    background = rng.choice(_BACKGROUND_NAMES)
    canvas.fill(sample(rng, background, 6))
    free_names = (*VIVID_NAMES, "gray", "white") if kind in _METAL_ITEMS else VIVID_NAMES
    name = rng.choice(_USUAL_NAMES.get(kind, free_names))
    if name == background:
        background = rng.choice([other for other in ("black", "gray", "blue", "green") if other != name])
        canvas.fill(sample(rng, background, 6))
    colour = sample(rng, name, 8)
    shades = Shades(colour, darken(colour, 0.35), lighten(colour, 0.5), COLOURS[background])
    sprite = Sprite(rng.randint(-2, 2), rng.randint(-2, 2))
    ITEMS[kind](sprite, shades)
    sprite.paste_on(canvas)
    place = "" if rng.random() < 0.3 else " " + on_background(rng, background)
    has_choice = len(_USUAL_NAMES.get(kind, free_names)) > 1
    item = f"{name} {kind}" if has_choice or rng.random() < 0.3 else kind
    item = item.replace("black bomb", "bomb")
    caption = rng.choice(_TEMPLATES).format(item) + place
    return Description(caption, {"kind": kind, "color": name, "bg": background})
