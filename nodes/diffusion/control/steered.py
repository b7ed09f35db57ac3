"""A diffusion network whose conditionings may hold controls, as sampling sees it: one network."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.control.adapter import T2IAdapter
from nodes.diffusion.control.cascade import CascadeControl
from nodes.diffusion.control.network import ControlNet
from nodes.diffusion.control.qwen_network import QwenControl
from nodes.diffusion.control.transformer_network import FluxControl, Sd3Control
from nodes.diffusion.control.types import (
    CONTROL_TEXT,
    CONTROLS,
    Control,
    ControlHandle,
    Residuals,
    TokenResiduals,
    all_of,
)
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.types import DiffusionModel, Start, VaeHandle

PREFIX, MASK_PREFIX = "control:", "control mask:"
"""How the inputs begin that hold the picture of a control, and what of it is kept."""
TEXT = "control text"
"""The input that holds the text that controls read, where it is another than that of the model."""
Steering = ControlNet | T2IAdapter | FluxControl | Sd3Control | QwenControl | CascadeControl
Encode = Callable[[VaeHandle, Tensor], Tensor]
"""From pictures (batch, 3, height, width) in 0..1 to their latents."""


class SteeredModel:
    """A diffusion network whose conditionings may hold controls; otherwise as it was.

    Args:
        network: what is steered.
        parameterisation: of the network: tells when a control applies.
        nets: what steers.
        encode: makes latents, for what looks at those.
    """

    def __init__(
        self,
        network: DiffusionModel,
        parameterisation: Parameterisation,
        nets: Mapping[ControlHandle, Steering],
        encode: Encode,
    ) -> None:
        self._network = network
        self._encode = encode
        self._parameterisation = parameterisation
        self._nets = nets
        self._controls: list[Control] = []
        self._hints: dict[tuple[int, ...], Tensor] = {}
        self._constant: dict[tuple[int, ...], Residuals | TokenResiduals] = {}

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network is told, and the pictures of the conditioning's controls."""
        told = dict(self._network.inputs(options, role, start))
        if options.get(CONTROL_TEXT) is not None:
            told[TEXT] = options[CONTROL_TEXT]
        for control in options.get(CONTROLS, ()):
            number = self._number(control)
            told[f"{PREFIX}{number}"] = control.hint
            if control.mask is not None:
                told[f"{MASK_PREFIX}{number}"] = control.mask
        return told

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output, steered by the controls that apply at this noise level."""
        told = {name: value for name, value in extra.items() if not name.startswith((PREFIX, MASK_PREFIX, TEXT))}
        numbers = [int(name.removeprefix(PREFIX)) for name in extra if name.startswith(PREFIX)]
        steering = all_of(
            self._residuals(number, x, timestep, context, extra) for number in numbers if self._applies(number, extra)
        )
        if steering is not None:
            told["residuals"] = steering
        return self._network.predict(x, timestep, context, told)

    def _number(self, control: Control) -> int:
        for number, known in enumerate(self._controls):
            if known is control:
                return number
        self._controls.append(control)
        return len(self._controls) - 1

    def _applies(self, number: int, extra: Mapping[str, Any]) -> bool:
        control, percent_to_sigma = self._controls[number], self._parameterisation.percent_to_sigma
        sigma = float(extra["sigma"])
        return percent_to_sigma(control.end_percent) <= sigma <= percent_to_sigma(control.start_percent)

    def _residuals(
        self, number: int, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]
    ) -> Residuals | TokenResiduals:
        control = self._controls[number]
        net = self._nets[control.net]
        hint = extra[f"{PREFIX}{number}"]
        key = (number, hint.data_ptr(), *x.shape)  # where memory is short, parts of a batch bring pictures of their own
        if key in self._constant:
            return self._constant[key]
        if key not in self._hints:
            self._hints[key] = self._seen(hint, extra.get(f"{MASK_PREFIX}{number}"), x, control)
        text = extra.get(TEXT, context)
        found = net.residuals(x, self._hints[key], timestep, text, extra, control.net.task) * control.strength
        if not net.changes_with_time:
            self._constant[key] = found
        return found

    def _seen(self, hint: Tensor, mask: Tensor | None, x: Tensor, control: Control) -> Tensor:
        """A picture as a network looks at it: its latent with the mask below it where there is one."""
        net = self._nets[control.net]
        fitted = fit_hint(hint, x, net)
        if not getattr(net, "sees_latents", False) or control.vae is None:
            return fitted
        latent = self._network.latent_format.to_network(self._encode(control.vae, fitted)).to(x)
        if mask is None:
            return latent
        kept = resize(mask, latent.shape[-1], latent.shape[-2], "nearest-exact", "center")
        return torch.cat([latent, kept.to(latent)], dim=1)


def fit_hint(hint: Tensor, x: Tensor, net: Steering) -> Tensor:
    """A picture in the size that steers latents like `x`, cut to the aspect ratio: the nearest pixels for most.

    Args:
        hint: (batch, channels, height, width)
        x: (batch, channels, height, width)
        net: what looks at the picture.
    """
    height, width = (side * net.downscale for side in x.shape[-2:])
    fold = net.network.unshuffle if isinstance(net, T2IAdapter) else 1
    height, width = (-(-side // fold) * fold for side in (height, width))
    method = net.resampling if isinstance(net, CascadeControl) else "nearest-exact"
    return resize(hint, width, height, method, "center")
