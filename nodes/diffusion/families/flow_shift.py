"""How far the noise levels of flow models are moved towards noise for pictures of a size."""

PIXELS_PER_TOKEN = 256
"""Flux sees squares of 16 by 16 pixels."""
FEW, MANY = 256, 4096
"""Tokens of a picture of 256 and of 1024 pixels a side, between which the shift was fitted."""


def flux_shift(pixels: int, base_shift: float = 0.5, max_shift: float = 1.15) -> float:
    """The logarithm of Flux's shift, which rises evenly with the number of tokens.

    Args:
        pixels: of the picture.
        base_shift: at 256 by 256 pixels.
        max_shift: at 1024 by 1024 pixels.
    """
    slope = (max_shift - base_shift) / (MANY - FEW)
    return base_shift + slope * (pixels / PIXELS_PER_TOKEN - FEW)
