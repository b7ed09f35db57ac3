"""Noise of stochastic differential equations: one Brownian path a seed, whatever steps look at it.

Noise of a step is the increment of the path over its noise levels, so a run with more steps refines the same picture.
The path is torchsde's tree (Li et al., 2020, "Scalable Gradients for Stochastic Differential Equations", section 4).
"""

import torch
import torchsde
from torch import Tensor

from nodes.diffusion.noise import StepNoise

TREE_DIGITS = 6
"""To how many digits torchsde rounds noise levels."""


def brownian_noise(x: Tensor, seed: int, sigmas: Tensor, *, on_cpu: bool = True) -> StepNoise:
    """Increments of a Brownian path between the lowest noise level above zero and the highest, at unit variance.

    Args:
        x: (batch, channels, height, width): the shape, type and device of the noise.
        seed: which path.
        sigmas: the noise levels of the run, on the CPU.
        on_cpu: whether the path is drawn on the CPU, so that it is the same on every device.
    """
    return _BrownianNoise(x, seed, sigmas, on_cpu=on_cpu)


class _BrownianNoise:
    """The path is drawn when noise is asked for first: runs without noise do without it."""

    def __init__(self, x: Tensor, seed: int, sigmas: Tensor, *, on_cpu: bool) -> None:
        self._like = x
        self._seed = seed
        self._sigmas = sigmas
        self._device = torch.device("cpu") if on_cpu else x.device
        self._tree: torchsde.BrownianTree | None = None
        self._start, self._end = 0.0, 0.0
        """Of the path; what is asked beyond them by rounding is what they are."""

    def __call__(self, sigma: Tensor, sigma_next: Tensor) -> Tensor:
        """The increment from `sigma` to `sigma_next`, divided by its deviation."""
        if self._tree is None:
            self._tree = self._plant()
        low, high = sorted(min(max(float(each.float()), self._start), self._end) for each in (sigma, sigma_next))
        increment = self._tree(low, high).to(self._like.device, self._like.dtype)
        if sigma > sigma_next:
            increment = -increment
        return increment / (sigma_next - sigma).abs().sqrt()

    def _plant(self) -> torchsde.BrownianTree:
        lowest, highest = self._sigmas[self._sigmas > 0].min(), self._sigmas.max()
        self._start, self._end = round(float(lowest), TREE_DIGITS), round(float(highest), TREE_DIGITS)
        start = torch.zeros_like(self._like, device=self._device)
        return torchsde.BrownianTree(lowest, start, highest, entropy=self._seed)
