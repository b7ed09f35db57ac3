"""What CONTROL_NET links carry, and what a conditioning that is steered by a picture holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.types import AnyPatch, ModelSource, VaeHandle

ControlKind = Literal["controlnet", "union", "t2i_adapter", "control_lora", "flux", "sd3", "qwen_image", "cascade"]
TRANSFORMERS: Mapping[ControlKind, str] = {"flux": "flux", "sd3": "sd3", "qwen_image": "qwen_image"}
"""Kinds that steer a transformer, with the architecture that it has."""


@dataclass(frozen=True)
class ControlHandle:
    """Which network steers; its weights stay in the registry."""

    path: Path
    kind: ControlKind
    digest: str = ""
    task: int | None = None
    """Which of its tasks a network for several does; None leaves it to the network."""
    base: ModelSource | None = None
    """The model that the file's weights are differences to, if they are."""
    base_patches: tuple[AnyPatch, ...] = ()


@dataclass(frozen=True, eq=False)
class Control:
    """One picture that steers, by one network, during a part of the sampling.

    Two conditionings that hold the same object are steered by one call.
    """

    net: ControlHandle
    hint: Tensor
    """(batch, 3, height, width) in 0..1"""
    strength: float = 1.0
    start_percent: float = 0.0
    end_percent: float = 1.0
    vae: VaeHandle | None = None
    """Makes latents of pictures, for networks that look at those."""
    mask: Tensor | None = None
    """(batch, 1, height, width), 1 is kept: for networks that look at a mask."""


CONTROLS = "control"
"""The option of a conditioning that holds its controls: a tuple of `Control`, all of which apply."""
CONTROL_TEXT = "cross_attn_controlnet"
"""The option of a conditioning that holds the text (1, tokens, width) that its controls read instead of the model's."""
SHARED = "control_apply_to_uncond"
"""The option that says whether the other side of a guidance, where it has no controls, gets the same ones."""


@dataclass(frozen=True)
class Residuals:
    """What is added inside a UNet.

    Attributes:
        down: to each of its skip connections, from the first to the last.
        middle: to the output of its middle block.
        inside: to the output of each level on the way down, before it becomes a skip connection.
    """

    down: tuple[Tensor, ...] = ()
    middle: Tensor | None = None
    inside: tuple[Tensor, ...] = ()

    def __mul__(self, strength: float) -> "Residuals":
        middle = None if self.middle is None else self.middle * strength
        return Residuals(
            tuple(each * strength for each in self.down), middle, tuple(each * strength for each in self.inside)
        )

    def __add__(self, other: "Residuals") -> "Residuals":
        return Residuals(
            _sums(self.down, other.down),
            next(iter(_sums(*((each,) if each is not None else () for each in (self.middle, other.middle)))), None),
            _sums(self.inside, other.inside),
        )

    def arguments(self, device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
        """As the UNet of diffusers wants to be told."""
        told: dict[str, Any] = {}
        if self.down:
            told["down_block_additional_residuals"] = [each.to(device, dtype) for each in self.down]
            told["mid_block_additional_residual"] = (
                self.middle if self.middle is None else self.middle.to(device, dtype)
            )
        if self.inside:
            told["down_intrablock_additional_residuals"] = [each.to(device, dtype) for each in self.inside]
        return told


@dataclass(frozen=True)
class TokenResiduals:
    """What is added inside a transformer.

    Attributes:
        blocks: to the picture's tokens after each block that keeps them apart from those of the text.
        singles: after each block that does not.
    """

    blocks: tuple[Tensor, ...] = ()
    singles: tuple[Tensor, ...] = ()

    def __mul__(self, strength: float) -> "TokenResiduals":
        return TokenResiduals(
            tuple(each * strength for each in self.blocks), tuple(each * strength for each in self.singles)
        )

    def __add__(self, other: "TokenResiduals") -> "TokenResiduals":
        return TokenResiduals(_sums(self.blocks, other.blocks), _sums(self.singles, other.singles))

    def filled_up(self, length: int) -> "TokenResiduals":
        """The same for so many tokens: what follows those of the picture, such as pictures to look at, gets nothing."""
        blocks, singles = (
            tuple(functional.pad(each, (0, 0, 0, length - each.shape[1])) for each in side)
            for side in (self.blocks, self.singles)
        )
        return TokenResiduals(blocks, singles)

    def moved(self, device: torch.device, dtype: torch.dtype) -> "TokenResiduals":
        """The same where a transformer computes."""
        blocks, singles = ([each.to(device, dtype) for each in side] for side in (self.blocks, self.singles))
        return TokenResiduals(tuple(blocks), tuple(singles))


def all_of(residuals: Iterable[Any]) -> Any:
    """The sum of residuals of one kind; None of nothing."""
    total = None
    for each in residuals:
        total = each if total is None else total + each
    return total


def with_task(net: ControlHandle, task: int | None) -> ControlHandle:
    """The same network, doing one of its tasks."""
    return replace(net, task=task)


def _sums(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if not one or not other:
        return one or other
    return tuple(a + b for a, b in zip(one, other, strict=True))
