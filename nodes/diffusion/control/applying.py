"""Putting controls on conditionings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from nodes.diffusion.control.types import CONTROLS, SHARED, Control, ControlHandle
from nodes.diffusion.types import Conditioning


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
    control = Control(net, _hint(image), strength)
    return [(text, {**_with(options, control), SHARED: True}) for text, options in conditioning]


def apply_both(
    positive: Conditioning, negative: Conditioning, net: ControlHandle, image: Tensor, moments: Moments
) -> tuple[Conditioning, Conditioning]:
    """Steer both sides by pictures (batch, height, width, channels); strength 0 leaves them as they are."""
    if moments.strength == 0:
        return positive, negative
    control = Control(net, _hint(image), moments.strength, moments.start_percent, moments.end_percent)
    steered = [
        [(text, {**_with(options, control), SHARED: False}) for text, options in side] for side in (positive, negative)
    ]
    return steered[0], steered[1]


def _with(options: Mapping[str, Any], control: Control) -> dict[str, Any]:
    return {**options, CONTROLS: (*options.get(CONTROLS, ()), control)}


def _hint(image: Tensor) -> Tensor:
    return image[..., :3].movedim(-1, 1)
