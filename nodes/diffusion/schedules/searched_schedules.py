"""Noise levels that were searched for with a kind of model, as tables: no formula gives them.

Each gives falling float32 levels on the CPU that end with 0.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.schedules.sigma_formulas import resampled

TABLE = Path(__file__).with_name("gits.json")
"""The levels that GITS chose from, and for each coefficient which of them it chose for 2 to 20 steps."""
FEWEST = 2
OPTIMAL_LEVELS: Mapping[str, Sequence[float]] = {
    "FLUX": (0.9968, 0.9886, 0.9819, 0.975, 0.966, 0.9471, 0.9158, 0.8287, 0.5512, 0.2808, 0.001),
    "Wan": (
        *(1.0, 0.997, 0.995, 0.993, 0.991, 0.989, 0.987, 0.985, 0.98, 0.975),
        *(0.973, 0.968, 0.96, 0.946, 0.927, 0.902, 0.864, 0.776, 0.539, 0.208, 0.001),
    ),
    "Chroma": (
        *(0.992, 0.99, 0.988, 0.985, 0.982, 0.978, 0.973, 0.968, 0.961, 0.953),
        *(0.943, 0.931, 0.917, 0.9, 0.881, 0.858, 0.832, 0.802, 0.769, 0.731),
        *(0.69, 0.646, 0.599, 0.55, 0.501, 0.451, 0.402, 0.355, 0.311, 0.27),
        *(0.232, 0.199, 0.169, 0.143, 0.12, 0.101, 0.084, 0.07, 0.058, 0.048, 0.001),
    ),
}
"""Levels that were found optimal for so many steps (Pei et al., 2025)."""


def optimal_steps(kind: str, steps: int) -> Tensor:
    """Levels for a kind of flow model, found by dynamic programming over the model's own predictions.

    Pei et al., 2025, "Optimal Stepsize for Diffusion Sampling", algorithm 1, with the levels that the authors gave to
    the ecosystem. For other numbers of steps than the table's, the logarithm is interpolated.

    Args:
        kind: of `OPTIMAL_LEVELS`.
        steps: how many.
    """
    return resampled(OPTIMAL_LEVELS[kind], steps)


def geometry_inspired(coeff: float, steps: int) -> Tensor:
    """Levels for Stable Diffusion that follow how much the path of a sample bends.

    Chen et al., 2024, "On the Trajectory Regularity of ODE-based Diffusion Sampling", section 5 ("GITS"), with the
    levels that the authors' search gives for Stable Diffusion 1.5, as the ecosystem has them. Beyond 20 steps the
    logarithm is interpolated.

    Args:
        coeff: 0.8..1.5 in steps of 0.05: what a step costs beside its error; the larger, the more
            steps lie at low noise.
        steps: how many, at least 2.

    Raises:
        DiffusionError: there is no table for the coefficient.
    """
    levels, choices = _table()
    name = f"{coeff:.2f}"
    if name not in choices:
        raise DiffusionError(f"coeff must be one of {', '.join(choices)}, got {coeff:g}.")
    chosen = choices[name][min(steps - FEWEST, len(choices[name]) - 1)]
    return resampled([levels[each] for each in chosen], steps)


@cache
def _table() -> tuple[Sequence[float], Mapping[str, Sequence[Sequence[int]]]]:
    content = json.loads(TABLE.read_text(encoding="utf-8"))
    return content["levels"], content["steps"]
