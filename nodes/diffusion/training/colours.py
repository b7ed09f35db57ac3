"""Colours as people see them: CIELAB, and the nearest named colour."""

import numpy as np

from nodes.diffusion.training.scenes.palette import COLOURS

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_D65_WHITE = np.array([0.9505, 1.0, 1.089])


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """Turn sRGB values from 0 to 255, shape (..., 3), into CIELAB under daylight (D65), shape (..., 3)."""
    scaled = np.asarray(rgb, np.float64) / 255
    linear = np.where(scaled > 0.04045, ((scaled + 0.055) / 1.055) ** 2.4, scaled / 12.92)
    xyz = linear @ _TO_XYZ.T / _D65_WHITE
    cube = np.where(xyz > 0.008856, np.cbrt(np.maximum(xyz, 1e-9)), 7.787 * xyz + 16 / 116)
    lightness = 116 * cube[..., 1] - 16
    return np.stack([lightness, 500 * (cube[..., 0] - cube[..., 1]), 200 * (cube[..., 1] - cube[..., 2])], -1)


def colour_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """CIE 1976 colour difference between sRGB colours of shapes (..., 3): about 2 is just visible."""
    return np.linalg.norm(to_lab(first) - to_lab(second), axis=-1)


def nearest_name(rgb: np.ndarray) -> str:
    """Name of the caption colour nearest to one sRGB colour, shape (3,)."""
    names = list(COLOURS)
    return names[int(colour_distance(np.array([COLOURS[name] for name in names]), np.asarray(rgb)).argmin())]
