"""A seed in, a captioned picture out."""

from random import Random
from typing import NamedTuple

from PIL import Image

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Meta, embellish, tidy
from nodes.diffusion.training.scenes.registry import FAMILIES
from nodes.diffusion.training.scenes.styles import STYLES

_RANDOM_STYLE_CHANCE = 0.14


class Scene(NamedTuple):
    """A picture, the sentence that describes it, and facts about it."""

    image: Image.Image
    caption: str
    meta: Meta
    """The family's own facts, then `family` and `style` (None when the picture is plain)."""


def render(
    seed: int,
    width: int = 128,
    height: int = 128,
    *,
    family: str | None = None,
    styled: str | bool | None = None,
) -> Scene:
    """Draw the scene that belongs to a seed, always the same for the same arguments.

    Width and height are in pixels. Without a family the seed chooses one. `styled` decides the whole-picture style:

    - None: the seed decides; 14 % of the pictures get a random style, families that look like a style already none.
    - False: no style.
    - A name from `STYLES`: that style, whatever the family.
    """
    if family is not None and family not in FAMILIES:
        raise ValueError(f"Scene family must be one of {', '.join(FAMILIES)}, got {family!r}.")
    if styled and styled not in STYLES:
        raise ValueError(f"Scene style must be False, None or one of {', '.join(STYLES)}, got {styled!r}.")
    rng = Random(seed * 7919 + 13)
    family = family or _choose_family(rng)
    canvas = Canvas(width, height)
    caption, meta = FAMILIES[family].draw(canvas, rng)
    image = canvas.finish()
    style = _choose_style(rng, family) if styled is None else styled or None
    if style:
        image = STYLES[style].apply(image, rng)
        caption = rng.choice(STYLES[style].captions).format(caption)
    else:
        caption = embellish(rng, caption)
    return Scene(image, tidy(caption), {**meta, "family": family, "style": style})


def _choose_family(rng: Random) -> str:
    return rng.choices(list(FAMILIES), [family.weight for family in FAMILIES.values()])[0]


def _choose_style(rng: Random, family: str) -> str | None:
    if FAMILIES[family].takes_style and rng.random() < _RANDOM_STYLE_CHANCE:
        return rng.choice(list(STYLES))
    return None
