"""How each game item is drawn as a sprite."""

from collections.abc import Callable
from dataclasses import dataclass

from nodes.diffusion.training.scenes.families.sprite import Sprite
from nodes.diffusion.training.scenes.palette import Colour

_WHITE: Colour = (255, 255, 255)
_WOOD: Colour = (120, 74, 40)
_GOLD: Colour = (240, 196, 60)
_GLASS: Colour = (200, 225, 240)
_SAPPHIRE: Colour = (60, 120, 230)
_ROLL: Colour = (214, 186, 120)


@dataclass(frozen=True)
class Shades:
    """The colours an item is drawn in."""

    colour: Colour
    dark: Colour
    light: Colour
    background: Colour


def _draw_sword(sprite: Sprite, shades: Shades) -> None:
    sprite.line([(11, 20), (24, 7)], shades.colour, 4)
    sprite.line([(12, 20), (25, 7)], shades.light, 1)
    sprite.line([(7, 17), (15, 25)], _GOLD, 3)
    sprite.line([(6, 26), (10, 22)], _WOOD, 3)
    sprite.rectangle(5, 25, 7, 27, _GOLD)


def _draw_shield(sprite: Sprite, shades: Shades) -> None:
    sprite.polygon([(7, 7), (25, 7), (25, 17), (16, 27), (7, 17)], shades.colour)
    sprite.polygon([(16, 7), (25, 7), (25, 17), (16, 27)], shades.dark)
    sprite.rectangle(14, 10, 17, 20, _GOLD)
    sprite.rectangle(11, 13, 20, 15, _GOLD)


def _draw_potion(sprite: Sprite, shades: Shades) -> None:
    sprite.ellipse(8, 12, 24, 27, _GLASS)
    sprite.rectangle(13, 6, 19, 14, _GLASS)
    sprite.rectangle(13, 4, 19, 7, _WOOD)
    sprite.ellipse(9, 14, 23, 26, shades.colour)
    sprite.rectangle(9, 13, 23, 17, _GLASS)
    sprite.ellipse(9, 15, 23, 19, shades.light)
    sprite.rectangle(12, 19, 13, 22, _WHITE)


def _draw_heart(sprite: Sprite, shades: Shades) -> None:
    sprite.ellipse(6, 8, 16, 18, shades.colour)
    sprite.ellipse(16, 8, 26, 18, shades.colour)
    sprite.polygon([(6, 14), (26, 14), (16, 26)], shades.colour)
    sprite.rectangle(9, 11, 11, 13, _WHITE)


def _draw_gem(sprite: Sprite, shades: Shades) -> None:
    sprite.polygon([(9, 8), (23, 8), (27, 14), (16, 26), (5, 14)], shades.colour)
    sprite.polygon([(9, 8), (23, 8), (20, 14), (12, 14)], shades.light)
    sprite.polygon([(20, 14), (27, 14), (16, 26)], shades.dark)


def _draw_coin(sprite: Sprite, shades: Shades) -> None:
    sprite.ellipse(7, 7, 25, 25, shades.colour)
    sprite.ellipse(10, 10, 22, 22, shades.dark)
    sprite.ellipse(11, 10, 22, 21, shades.colour)
    sprite.rectangle(15, 12, 17, 20, shades.dark)


def _draw_key(sprite: Sprite, shades: Shades) -> None:
    sprite.ellipse(5, 9, 15, 19, shades.colour)
    sprite.ellipse(8, 12, 12, 16, shades.background)
    sprite.rectangle(14, 13, 27, 15, shades.colour)
    sprite.rectangle(22, 15, 23, 19, shades.colour)
    sprite.rectangle(26, 15, 27, 20, shades.colour)


def _draw_apple(sprite: Sprite, shades: Shades) -> None:
    sprite.ellipse(7, 9, 18, 25, shades.colour)
    sprite.ellipse(14, 9, 25, 25, shades.colour)
    sprite.rectangle(15, 5, 16, 10, _WOOD)
    sprite.polygon([(17, 8), (22, 4), (22, 8)], (70, 180, 70))
    sprite.rectangle(10, 13, 11, 16, _WHITE)


def _draw_mushroom(sprite: Sprite, shades: Shades) -> None:
    sprite.rectangle(12, 17, 19, 26, (244, 228, 200))
    sprite.dome(5, 6, 26, 28, shades.colour)
    sprite.ellipse(9, 10, 12, 13, _WHITE)
    sprite.ellipse(17, 8, 21, 12, _WHITE)
    sprite.ellipse(20, 13, 23, 16, _WHITE)


def _draw_chest(sprite: Sprite, shades: Shades) -> None:
    sprite.rectangle(6, 11, 26, 25, _WOOD)
    sprite.rectangle(6, 8, 26, 13, (150, 94, 50))
    sprite.rectangle(6, 13, 26, 14, _GOLD)
    sprite.rectangle(14, 12, 18, 18, _GOLD)
    sprite.rectangle(8, 8, 9, 25, _GOLD)
    sprite.rectangle(23, 8, 24, 25, _GOLD)


def _draw_crown(sprite: Sprite, shades: Shades) -> None:
    sprite.polygon([(6, 10), (11, 15), (16, 7), (21, 15), (26, 10), (24, 23), (8, 23)], shades.colour)
    sprite.rectangle(8, 21, 24, 24, shades.dark)
    sprite.rectangle(15, 17, 17, 19, (220, 50, 60))
    sprite.rectangle(10, 17, 11, 19, _SAPPHIRE)
    sprite.rectangle(21, 17, 22, 19, _SAPPHIRE)


def _draw_bomb(sprite: Sprite, shades: Shades) -> None:
    sprite.ellipse(6, 10, 22, 26, (44, 44, 56))
    sprite.rectangle(17, 8, 21, 12, (70, 70, 86))
    sprite.line([(20, 8), (24, 5)], _WOOD, 2)
    sprite.rectangle(24, 3, 27, 6, (255, 160, 50))
    sprite.rectangle(10, 14, 12, 16, _WHITE)


def _draw_slime(sprite: Sprite, shades: Shades) -> None:
    sprite.dome(5, 9, 27, 37, shades.colour)
    sprite.rectangle(5, 22, 27, 25, shades.colour)
    sprite.rectangle(11, 17, 12, 20, (20, 20, 30))
    sprite.rectangle(19, 17, 20, 20, (20, 20, 30))
    sprite.rectangle(9, 13, 12, 14, shades.light)


def _draw_bow(sprite: Sprite, shades: Shades) -> None:
    sprite.right_arc(4, 4, 28, 28, 3, _WOOD)
    sprite.line([(16, 4), (16, 28)], (230, 230, 230))
    sprite.line([(8, 16), (26, 16)], (200, 170, 120))
    sprite.polygon([(26, 14), (29, 16), (26, 18)], (190, 190, 200))


def _draw_scroll(sprite: Sprite, shades: Shades) -> None:
    sprite.rectangle(9, 7, 23, 25, (240, 222, 170))
    sprite.rectangle(7, 5, 25, 9, _ROLL)
    sprite.rectangle(7, 23, 25, 27, _ROLL)
    for y in (12, 15, 18):
        sprite.rectangle(12, y, 20, y, (120, 90, 60))


def _draw_axe(sprite: Sprite, shades: Shades) -> None:
    sprite.line([(8, 27), (20, 10)], _WOOD, 3)
    sprite.polygon([(15, 6), (25, 5), (27, 16), (20, 14)], shades.colour)
    sprite.line([(25, 5), (27, 16)], shades.light, 2)


ITEMS: dict[str, Callable[[Sprite, Shades], None]] = {
    "sword": _draw_sword,
    "shield": _draw_shield,
    "potion": _draw_potion,
    "heart": _draw_heart,
    "gem": _draw_gem,
    "coin": _draw_coin,
    "key": _draw_key,
    "apple": _draw_apple,
    "mushroom": _draw_mushroom,
    "chest": _draw_chest,
    "crown": _draw_crown,
    "bomb": _draw_bomb,
    "slime": _draw_slime,
    "bow": _draw_bow,
    "scroll": _draw_scroll,
    "axe": _draw_axe,
}
"""How to draw each item, by name."""
