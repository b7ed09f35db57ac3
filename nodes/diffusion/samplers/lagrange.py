"""Integrals of the polynomials through given points: the weights of multistep methods."""

from collections.abc import Sequence

import numpy as np


def lagrange_integrals(points: Sequence[float], start: float, end: float) -> list[float]:
    """The weight of each point's value in the integral, from `start` to `end`, of the polynomial through them.

    Gauss-Legendre quadrature with as many nodes as there are points, which is exact for such polynomials.
    """
    nodes, weights = np.polynomial.legendre.leggauss(len(points))
    places = (end - start) / 2 * nodes + (end + start) / 2
    return [
        float((weights * lagrange(points, index, places)).sum() * (end - start) / 2) for index in range(len(points))
    ]


def lagrange(points: Sequence[float], index: int, places: np.ndarray) -> np.ndarray:
    """The polynomial that is 1 at one of the points and 0 at the others, at many places."""
    values = np.ones_like(places)
    for other, point in enumerate(points):
        if other != index:
            values = values * (places - point) / (points[index] - point)
    return values
