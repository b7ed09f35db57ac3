"""Putting controls on conditionings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from nodes.diffusion.control.loading import ControlFile
from nodes.diffusion.control.types import CONTROLS, SHARED, Control, ControlHandle
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.types import Conditioning, VaeHandle


@dataclass(frozen=True)
class Moments:
    """How strongly a control applies, and when: 0 is pure noise, 1 the finished picture."""

    strength: float = 1.0
    start_percent: float = 0.0
    end_percent: float = 1.0


def apply_shared(conditioning: Conditioning, net: ControlHandle, image: Tensor, strength: float) -> Conditioning:
    """Steer one side by pictures (batch, height, width, channels); the other gets the same unless it has its own."""
    if strength == 0:
        return conditioning
    _refuse_latents(net)
    control = Control(net, _hint(image), strength)
    return [(text, {**_with(options, control), SHARED: True}) for text, options in conditioning]


def apply_both(
    positive: Conditioning,
    negative: Conditioning,
    net: ControlHandle,
    image: Tensor,
    moments: Moments,
    vae: VaeHandle | None = None,
) -> tuple[Conditioning, Conditioning]:
    """Steer both sides by pictures (batch, height, width, channels); strength 0 leaves them as they are.

    Args:
        positive: one side.
        negative: the other.
        net: what steers.
        image: the pictures.
        moments: how strongly, and when.
        vae: makes latents of pictures, for networks that look at those.

    Raises:
        DiffusionError: the network looks at latents, and there is no autoencoder.
    """
    if moments.strength == 0:
        return positive, negative
    if vae is None:
        _refuse_latents(net)
    control = Control(net, _hint(image), moments.strength, moments.start_percent, moments.end_percent, vae)
    steered = [
        [(text, {**_with(options, control), SHARED: False}) for text, options in side] for side in (positive, negative)
    ]
    return steered[0], steered[1]


def _with(options: Mapping[str, Any], control: Control) -> dict[str, Any]:
    return {**options, CONTROLS: (*options.get(CONTROLS, ()), control)}


def _hint(image: Tensor) -> Tensor:
    return image[..., :3].movedim(-1, 1)


def _refuse_latents(net: ControlHandle) -> None:
    if ControlFile(net.path).sees_latents:
        raise DiffusionError(
            f"vae: {net.path.name} looks at the latents of pictures. Connect the autoencoder of the model to "
            "ControlNetApplyAdvanced."
        )
