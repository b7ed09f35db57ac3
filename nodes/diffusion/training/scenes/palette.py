"""Named colours and the arithmetic that shades them."""

from collections.abc import Sequence
from random import Random

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

Paint = tuple[int, ...]
"""A colour, optionally followed by its opacity, 0 to 255."""

Light = tuple[float, float, float]
"""How much of red, green and blue the scene's light lets through; 1 is full daylight."""

COLOURS: dict[str, Colour] = {
    "red": (222, 40, 44),
    "orange": (245, 138, 30),
    "yellow": (250, 214, 48),
    "green": (48, 166, 72),
    "cyan": (56, 204, 218),
    "blue": (42, 88, 216),
    "purple": (132, 58, 190),
    "pink": (247, 132, 182),
    "brown": (126, 80, 44),
    "white": (246, 246, 246),
    "black": (22, 22, 27),
    "gray": (132, 132, 137),
}
"""The colours a caption may name."""

COLOUR_NAMES: tuple[str, ...] = tuple(COLOURS)
VIVID_NAMES: tuple[str, ...] = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)

CONFUSABLE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("white", "gray"),
        ("black", "brown"),
        ("black", "gray"),
        ("orange", "yellow"),
        ("red", "orange"),
        ("pink", "purple"),
        ("red", "brown"),
        ("orange", "brown"),
        ("cyan", "blue"),
        ("pink", "red"),
        ("black", "purple"),
        ("gray", "brown"),
    )
)
"""Pairs that are hard to tell apart when one lies on the other."""


def mix(first: Paint, second: Paint, share: float) -> Colour:
    """Blend two colours; a share of 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first[:3], second[:3], strict=True))
    return red, green, blue


def lighten(colour: Paint, share: float) -> Colour:
    """Blend a colour towards white."""
    return mix(colour, WHITE, share)


def darken(colour: Paint, share: float) -> Colour:
    """Blend a colour towards black."""
    return mix(colour, BLACK, share)


def tint(colour: Paint, light: Light) -> Colour:
    """Show a colour under a light."""
    red, green, blue = (_clip(channel * factor) for channel, factor in zip(colour[:3], light, strict=True))
    return red, green, blue


def dim(colour: Paint, factor: float) -> Colour:
    """Scale the brightness of a colour."""
    return tint(colour, (factor, factor, factor))


def lift(light: Light, floor: float, gain: float) -> Light:
    """Return a light that keeps things readable in the dark: `floor + gain * light`."""
    red, green, blue = (floor + gain * channel for channel in light)
    return red, green, blue


def with_alpha(colour: Paint, alpha: int) -> Paint:
    """Give a colour an opacity, 0 to 255."""
    return (*colour[:3], alpha)


def jitter(rng: Random, colour: Paint, amount: float = 10) -> Colour:
    """Vary each channel by up to `amount`."""
    red, green, blue = (_clip(channel + rng.uniform(-amount, amount)) for channel in colour[:3])
    return red, green, blue


def sample(rng: Random, name: str, amount: float = 10) -> Colour:
    """Return a slight variation of a named colour."""
    return jitter(rng, COLOURS[name], amount)


def contrasting_pair(rng: Random, pool: Sequence[str] = COLOUR_NAMES) -> tuple[str, str]:
    """Choose a colour name from the pool and a background name it stands out against."""
    first = rng.choice(pool)
    partners = [name for name in COLOUR_NAMES if name != first and frozenset((first, name)) not in CONFUSABLE]
    return first, rng.choice(partners)


def _clip(value: float) -> int:
    return max(0, min(255, int(value)))
