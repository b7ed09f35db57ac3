"""The optimiser: orthogonalised momentum for matrices, AdamW for everything else.

Matrices and convolution kernels move by Muon (Jordan et al., 2024, "Muon: An optimizer for hidden layers in neural
networks"): the momentum is replaced by the nearest semi-orthogonal matrix, found by a Newton-Schulz iteration. Vectors,
embeddings and the first and last layers move by AdamW (Loshchilov and Hutter, 2019, "Decoupled Weight Decay
Regularization"). On our small networks this needs clearly fewer steps than AdamW alone.
"""

from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import Parameter

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of the Newton-Schulz polynomial a x + b x^3 + c x^5, from Jordan et al."""

_GROUP = 6
"""So many matrices of one shape are orthogonalised at once."""

_SMALLEST_MATRIX = 16
"""Matrices with a side below this are left to AdamW: orthogonalising them gains nothing."""


@dataclass(frozen=True)
class Rates:
    """Step sizes and decays; the loop scales both rates by its schedule."""

    adam: float = 2e-3
    muon: float = 0.02
    betas: tuple[float, float] = (0.9, 0.99)
    momentum: float = 0.95
    weight_decay: float = 0.01


def orthogonalise(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Return roughly the nearest semi-orthogonal matrices, by a quintic Newton-Schulz iteration.

    Takes and returns (count, rows, columns): matrices of one shape share their multiplications.
    """
    a, b, c = _QUINTIC
    x = matrices.bfloat16()
    is_tall = x.shape[1] > x.shape[2]
    if is_tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if is_tall else x).float()


class MuonAdam:
    """Moves named parameters by their gradients; its state is plain tensors, so it can be stored and resumed."""

    def __init__(self, parameters: Mapping[str, Parameter], rates: Rates, adam_only: Collection[str] = ()) -> None:
        """Sort the parameters: a matrix moves by Muon unless its name is in `adam_only`."""
        self.rates = rates
        self._parameters = dict(parameters)
        self._muon = [name for name, p in parameters.items() if name not in adam_only and _is_matrix(p)]
        self._adam = [name for name in parameters if name not in set(self._muon)]
        self._momentum = {name: torch.zeros_like(self._parameters[name]) for name in self._muon}
        self._mean = {name: torch.zeros_like(self._parameters[name]) for name in self._adam}
        self._square = {name: torch.zeros_like(self._parameters[name]) for name in self._adam}

    @torch.no_grad()
    def step(self, count: int, scale: float = 1.0, pool: Executor | None = None) -> None:
        """Apply the gradients and drop them; `count` is 1 at the first step, `scale` comes from the schedule.

        A pool of threads shares the matrices between them; the result is the same.
        """
        run = pool.map if pool else map
        list(run(partial(self._muon_step, rate=self.rates.muon * scale), self._groups()))
        for name in self._adam:
            self._adam_step(name, self.rates.adam * scale, count)

    def state(self) -> dict[str, Tensor]:
        """The momenta by name, for a checkpoint."""
        slots = {"momentum": self._momentum, "mean": self._mean, "square": self._square}
        return {f"{slot}.{name}": tensor for slot, tensors in slots.items() for name, tensor in tensors.items()}

    @torch.no_grad()
    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take the momenta back from a checkpoint."""
        for key, tensor in self.state().items():
            tensor.copy_(state[key])

    def _groups(self) -> list[list[str]]:
        """Matrices that have a gradient, in groups of one shape as (rows, columns), largest first."""
        names: dict[torch.Size, list[str]] = {}
        for name in self._muon:
            parameter = self._parameters[name]
            if parameter.grad is not None:
                names.setdefault(parameter.reshape(parameter.shape[0], -1).shape, []).append(name)
        shapes = sorted(names, key=lambda shape: -shape.numel())
        return [names[shape][i : i + _GROUP] for shape in shapes for i in range(0, len(names[shape]), _GROUP)]

    @torch.no_grad()
    def _muon_step(self, names: list[str], rate: float) -> None:
        """Move matrices of one shape."""
        for name in names:
            self._momentum[name].mul_(self.rates.momentum).add_(self._gradient(name))
        directions = orthogonalise(torch.stack([self._nesterov(name) for name in names]))  # (count, rows, columns)
        stretch = max(1.0, directions.shape[1] / directions.shape[2]) ** 0.5
        for name, direction in zip(names, directions, strict=True):
            parameter = self._parameters[name]
            parameter.mul_(1 - rate * self.rates.weight_decay)
            parameter.add_(direction.reshape(parameter.shape), alpha=-rate * stretch)
            parameter.grad = None

    def _gradient(self, name: str) -> Tensor:
        """The gradient of a parameter that has one."""
        gradient = self._parameters[name].grad
        assert gradient is not None
        return gradient

    def _nesterov(self, name: str) -> Tensor:
        """The gradient with momentum looking one step ahead, as a matrix."""
        ahead = self._gradient(name).add(self._momentum[name], alpha=self.rates.momentum)
        return ahead.reshape(ahead.shape[0], -1)

    def _adam_step(self, name: str, rate: float, count: int) -> None:
        parameter, mean, square = self._parameters[name], self._mean[name], self._square[name]
        if parameter.grad is None:
            return
        beta1, beta2 = self.rates.betas
        mean.lerp_(parameter.grad, 1 - beta1)
        square.mul_(beta2).addcmul_(parameter.grad, parameter.grad, value=1 - beta2)
        spread = (square / (1 - beta2**count)).sqrt_().add_(1e-8)
        parameter.mul_(1 - rate * self.rates.weight_decay)
        parameter.addcdiv_(mean / (1 - beta1**count), spread, value=-rate)
        parameter.grad = None


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim >= 2 and min(parameter.shape[0], parameter[0].numel()) >= _SMALLEST_MATRIX
