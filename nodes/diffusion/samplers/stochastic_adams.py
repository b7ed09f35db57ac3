"""The weights of stochastic Adams methods: integrals of exponentials times the polynomials through given points.

Xue et al., 2023, "SA-Solver: Stochastic Adams Solver for Fast Sampling of Diffusion Models", equations 15 (predictor)
and 18 (corrector), in data prediction.
"""

import torch
from torch import Tensor


def adams_weights(points: Tensor, start: Tensor, end: Tensor, tau: float) -> Tensor:
    """The weight of each point's prediction in a step; to be multiplied with the signal at its end.

    Args:
        points: (order,) half log SNRs where predictions are known.
        start: the half log SNR where the step begins.
        end: where it ends.
        tau: how much noise is exchanged; 0 is none.
    """
    places = (points - end).double()  # near the end powers stay small and the integrals exact
    rate = 1 + tau**2
    before = float(start - end)
    decay = torch.tensor(rate * before).exp()
    integrals = [-torch.special.expm1(torch.tensor(rate * before, dtype=torch.float64))]
    for power in range(1, len(points)):
        integrals.append(-(before**power) * decay - power / rate * integrals[-1])
    return torch.linalg.solve(torch.vander(places, increasing=True).T, torch.stack(integrals))


def simple_weights(points: Tensor, start: Tensor, end: Tensor, tau: float, *, corrects: bool) -> Tensor:
    """The same for two points, in the simpler form of order 2 (appendix D of the paper).

    Args:
        points: (2,) half log SNRs where predictions are known.
        start: the half log SNR where the step begins.
        end: where it ends.
        tau: how much noise is exchanged; 0 is none.
        corrects: whether the second point is the end of the step rather than its start.
    """
    width = (1 + tau**2) * (end - start).double()
    whole = -(-width).expm1()
    if corrects:
        return torch.stack([whole - width / 2, width / 2])
    first = width * (end - start) / 2 / (points[0] - start).double()
    return torch.stack([first, whole - first])
