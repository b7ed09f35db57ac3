"""The noise that a model was trained with, as its configuration tells it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import UnsupportedModel

TRAINING_STEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012
"""The schedule of Stable Diffusion 1.x, 2.x and XL."""


def betas_of(config: Mapping[str, Any]) -> Tensor:
    """The variance added at each training step, (timesteps,) in float64, from a diffusers scheduler configuration.

    Without an entry, what Stable Diffusion 1.x has (Rombach et al., 2022, appendix).

    Raises:
        UnsupportedModel: the schedule is of another kind.
    """
    steps = int(config.get("num_train_timesteps", TRAINING_STEPS))
    start, end = float(config.get("beta_start", BETA_START)), float(config.get("beta_end", BETA_END))
    kind = config.get("beta_schedule", "scaled_linear")
    if config.get("trained_betas"):
        raise UnsupportedModel("The model was trained with a noise schedule of its own; only plain ones are known.")
    if kind == "scaled_linear":
        return torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    if kind == "linear":
        return torch.linspace(start, end, steps, dtype=torch.float64)
    raise UnsupportedModel(f'The noise schedule "{kind}" is not known; known are "scaled_linear" and "linear".')
