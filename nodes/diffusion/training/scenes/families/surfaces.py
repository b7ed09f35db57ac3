"""Two-colour patterns and materials, computed for every pixel at once."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random

import numpy as np

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import article
from nodes.diffusion.training.scenes.palette import Colour, jitter, sample


@dataclass(frozen=True)
class Grid:
    """What a pattern is made from: pixel coordinates in units, a period in units, two colours."""

    canvas: Canvas
    rng: Random
    period: float
    names: tuple[str, str]
    colours: tuple[Colour, Colour]

    @cached_property
    def y(self) -> np.ndarray:  # (height, width)
        """How far down each pixel lies."""
        return self.canvas.pixel_grid()[0]

    @cached_property
    def x(self) -> np.ndarray:  # (height, width)
        """How far right each pixel lies."""
        return self.canvas.pixel_grid()[1]

    @property
    def both(self) -> str:
        """The names of both colours."""
        return f"{self.names[0]} and {self.names[1]}"

    def from_centre(self) -> np.ndarray:  # (height, width)
        """Return each pixel's distance from the middle of the picture."""
        return np.hypot(self.x - self.canvas.width / 2, self.y - self.canvas.height / 2)

    def surface(self, share: np.ndarray, caption: str) -> "Surface":
        """Return a surface in the grid's two colours."""
        first, second = (np.array(colour, float) for colour in self.colours)
        return Surface(share, first, second, caption)


@dataclass(frozen=True)
class Surface:
    """A blend of two colours; a share of 0 shows the first, 1 the second."""

    share: np.ndarray  # (height, width)
    first: np.ndarray  # (3,) or (height, width, 3)
    second: np.ndarray  # (3,)
    caption: str


def _horizontal_stripes(grid: Grid) -> Surface:
    return grid.surface((grid.y // grid.period) % 2, f"{grid.both} horizontal stripes")


def _vertical_stripes(grid: Grid) -> Surface:
    return grid.surface((grid.x // grid.period) % 2, f"{grid.both} vertical stripes")


def _diagonal_stripes(grid: Grid) -> Surface:
    along = grid.x + grid.y * grid.rng.choice([-1, 1])
    return grid.surface((along // (grid.period * 1.2)) % 2, f"{grid.both} diagonal stripes")


def _checkerboard(grid: Grid) -> Surface:
    share = ((grid.x // grid.period) + (grid.y // grid.period)) % 2
    board = f"{article(grid.names[0])} {grid.both} checkerboard"
    return grid.surface(share, grid.rng.choice([board, f"{grid.both} checkered pattern"]))


def _dots(grid: Grid) -> Surface:
    period = grid.period * 1.35
    offset = (np.floor(grid.y / period) % 2) * period / 2
    across, down = (grid.x + offset) % period - period / 2, grid.y % period - period / 2
    is_dot = across**2 + down**2 < (period * 0.3) ** 2
    return grid.surface(1 - is_dot * 1.0, f"{grid.names[0]} polka dots on {grid.names[1]}")


def _bricks(grid: Grid) -> Surface:
    width, height = grid.period * 1.8, grid.period * 0.9
    offset = (np.floor(grid.y / height) % 2) * width / 2
    is_mortar = ((grid.x + offset) % width < 1.4) | (grid.y % height < 1.4)
    name = grid.names[0] if grid.names[0] not in ("white", "black") else "red"
    brick = np.array(sample(grid.rng, name), float)
    noise = np.random.RandomState(grid.rng.randint(0, 1 << 30)).rand(200, 200)
    variation = noise[(grid.y // height).astype(int), ((grid.x + offset) // width).astype(int)]
    bricks = brick * (0.85 + 0.3 * variation)[..., None]
    return Surface(is_mortar * 1.0, bricks, np.array((215, 210, 200.0)), f"{article(name)} {name} brick wall")


def _waves(grid: Grid) -> Surface:
    swing = 4 * np.sin(grid.x / 100 * 2 * math.pi * grid.rng.choice([2, 3]))
    return grid.surface(((grid.y + swing) // grid.period) % 2, f"{grid.both} wavy stripes")


def _rings(grid: Grid) -> Surface:
    return grid.surface((grid.from_centre() // (grid.period * 0.7)) % 2, f"{grid.both} concentric circles")


def _gradient(grid: Grid) -> Surface:
    first, second = grid.names
    direction = grid.rng.choice(["vertical", "horizontal", "round"])
    if direction == "vertical":
        caption = f"a gradient from {first} at the top to {second} at the bottom"
        return grid.surface(grid.y / grid.canvas.height, caption)
    if direction == "horizontal":
        caption = f"a gradient from {first} on the left to {second} on the right"
        return grid.surface(grid.x / grid.canvas.width, caption)
    return grid.surface(np.clip(grid.from_centre() / 60, 0, 1), f"a round gradient from {first} to {second}")


def _wood(grid: Grid) -> Surface:
    light, dark = jitter(grid.rng, (176, 118, 66), 14), jitter(grid.rng, (120, 74, 38), 12)
    plank = 25
    phase = (grid.x // plank) * 7.3
    grain = 0.5 + 0.5 * np.sin((grid.x % plank) * 0.9 + 2 * np.sin(grid.y / 14 + phase) + phase)
    share = np.where(grid.x % plank < 1, 1.4, grain * 0.8)
    caption = grid.rng.choice(["a wood texture", "wooden planks", "a brown wood texture"])
    return Surface(share, np.array(light, float), np.array(dark, float), caption)


def _marble(grid: Grid) -> Surface:
    rng = grid.rng
    waves = [(rng.uniform(0.04, 0.14), rng.uniform(0.04, 0.14), rng.uniform(0, 6.3)) for _ in range(4)]
    swirl = sum(np.sin(across * grid.x + down * grid.y + phase) for across, down, phase in waves)
    share = 0.5 + 0.5 * np.sin(swirl * 2.2 + grid.x * 0.08)
    opening = f"{article(grid.names[0])} {grid.both}"
    return grid.surface(share, rng.choice([f"{opening} marble texture", f"{opening} abstract swirl"]))


SURFACES: dict[str, Callable[[Grid], Surface]] = {
    "hstripes": _horizontal_stripes,
    "vstripes": _vertical_stripes,
    "dstripes": _diagonal_stripes,
    "checker": _checkerboard,
    "dots": _dots,
    "bricks": _bricks,
    "waves": _waves,
    "rings": _rings,
    "gradient": _gradient,
    "wood": _wood,
    "marble": _marble,
}
"""How to compute each surface, by kind."""
