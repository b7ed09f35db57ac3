"""Hypernetworks: small networks that change the text on its way into attention (NovelAI, 2022).

For each width of what is attended to there are two: one for keys and one for values. What they find is added.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from nodes.diffusion.computing.attention import ContextChange, Layer
from nodes.diffusion.effects.base import Effect, Moment, Numbers
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.weights.statefile import StateFile

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "leakyrelu": nn.LeakyReLU,
    "elu": nn.ELU,
    "swish": nn.Hardswish,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softsign": nn.Softsign,
    "mish": nn.Mish,
}
"""What stands between layers, by the name in a file's header."""


@dataclass(frozen=True)
class HypernetworkFile:
    """A file with hypernetworks: `<width>.<0 for keys, 1 for values>.linear.<number>.weight`.

    Raises:
        ModelFileError: it cannot be read.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The widths that there are networks for.

        Raises:
            UnsupportedModel: there are none.
        """
        heads = {key.split(".")[0] for key in self.file.shapes if ".linear." in key}
        found = tuple(sorted(int(head) for head in heads if head.isdecimal()))
        if not found:
            raise UnsupportedModel(
                f"{self.path.name} looks like {look_at(SingleFile(self.path))}; choose a file with a hypernetwork."
            )
        return found

    def network(self, width: int, side: int) -> nn.Sequential:
        """The network for keys (side 0) or values (side 1) of a width, in float32 on the CPU."""
        prefix = f"{width}.{side}.linear."
        names = sorted(
            {int(key.removeprefix(prefix).split(".")[0]) for key in self.file.shapes if key.startswith(prefix)}
        )
        layers: list[nn.Module] = []
        for place, number in enumerate(names):
            weight = self.file.tensor(f"{prefix}{number}.weight").float()
            bias = self.file.tensor(f"{prefix}{number}.bias").float()
            if weight.dim() == 1:
                layers.append(_filled(nn.LayerNorm(len(weight)), weight, bias))
                continue
            layers.append(_filled(nn.Linear(weight.shape[1], weight.shape[0]), weight, bias))
            if place < len(names) - 1 or self._activates_output:
                layers.append(ACTIVATIONS.get(self._activation, nn.Identity)())
        return nn.Sequential(*layers).requires_grad_(False)

    @property
    def _activation(self) -> str:
        return self.file.metadata.get("activation_func", "linear")

    @property
    def _activates_output(self) -> bool:
        return self.file.metadata.get("activate_output", "").lower() in ("true", "1")


class Hypernetwork(Effect):
    """Adds `strength` times what the networks of the file at `path` find."""

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        parameter = next(unet.parameters())
        file = HypernetworkFile(Path(numbers["path"]))
        self._pairs = {
            width: tuple(file.network(width, side).to(parameter.device, parameter.dtype) for side in (0, 1))
            for width in file.widths
        }

    def contexts(self, moment: Moment) -> Sequence[ContextChange]:
        """Everything that is attended to and has a width that the file knows."""
        strength = float(self.numbers["strength"])

        @torch.no_grad()
        def change(layer: Layer, for_keys: Tensor, for_values: Tensor) -> tuple[Tensor, Tensor]:
            pair = self._pairs.get(for_keys.shape[-1])
            if pair is None:
                return for_keys, for_values
            return for_keys + strength * pair[0](for_keys), for_values + strength * pair[1](for_values)

        return (change,)


def _filled(layer: nn.Module, weight: Tensor, bias: Tensor) -> nn.Module:
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer
