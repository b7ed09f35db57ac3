"""Several models as one network: each predicts for the conditionings of its own roles."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.types import DiffusionModel, Start

WHICH = "which_model"
"""The input that says which model a row of a batch is for."""


class JointModel:
    """A diffusion network that leaves some roles to others; otherwise the first of them.

    Args:
        network: for all other roles.
        others: by role.
    """

    def __init__(self, network: DiffusionModel, others: Mapping[str, DiffusionModel]) -> None:
        self._networks = [network, *others.values()]
        self._number_by_role = {role: number for number, role in enumerate(others, start=1)}

    def __getattr__(self, name: str) -> Any:  # whatever the first has
        return getattr(self._networks[0], name)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network of a role is told."""
        number = self._number_by_role.get(role, 0)
        return {**self._networks[number].inputs(options, role, start), WHICH: torch.tensor([number])}

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The output of each row's own network."""
        which = extra[WHICH].tolist()
        told = {name: value for name, value in extra.items() if name != WHICH}
        if len(set(which)) == 1:
            return self._networks[which[0]].predict(x, timestep, context, told)
        output = torch.empty_like(x)
        for number in sorted(set(which)):
            rows = [row for row, each in enumerate(which) if each == number]
            own = {name: value[rows] if isinstance(value, Tensor) else value for name, value in told.items()}
            output[rows] = self._networks[number].predict(x[rows], timestep[rows], context[rows], own).to(output)
        return output
