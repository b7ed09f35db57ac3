"""Putting controls on conditionings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from nodes.diffusion.control.cascade import colours_of
from nodes.diffusion.control.loading import ControlFile
from nodes.diffusion.control.types import CONTROLS, SHARED, Control, ControlHandle
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.types import Conditioning, VaeHandle


@dataclass(frozen=True)
class Moments:
    """How strongly a control applies, and when: 0 is pure noise, 1 the finished picture."""

    strength: float = 1.0
    start_percent: float = 0.0
    end_percent: float = 1.0


@dataclass(frozen=True, eq=False)
class Inpainting:
    """Pictures (batch, height, width, channels), and a mask (batch, height, width) that is 1 where to paint anew."""

    image: Tensor
    mask: Tensor


def apply_shared(conditioning: Conditioning, net: ControlHandle, image: Tensor, strength: float) -> Conditioning:
    """Steer one side by pictures (batch, height, width, channels); the other gets the same unless it has its own."""
    if strength == 0:
        return conditioning
    _refuse_latents(net)
    control = Control(net, _hint(net, image), strength)
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
        DiffusionError: the network looks at latents, and there is no autoencoder; or at a mask.
    """
    if moments.strength == 0:
        return positive, negative
    if vae is None:
        _refuse_latents(net)
    if ControlFile(net.path).sees_mask:
        raise DiffusionError(
            f"{net.path.name} looks at a mask beside the picture: use ControlNetInpaintingAliMamaApply, which takes "
            "one."
        )
    return _steered((positive, negative), _control(net, _hint(net, image), moments, vae))


def apply_inpainting(
    sides: tuple[Conditioning, Conditioning],
    net: ControlHandle,
    shown: Inpainting,
    moments: Moments,
    vae: VaeHandle,
) -> tuple[Conditioning, Conditioning]:
    """Steer both sides by pictures of which a part is painted anew; strength 0 leaves them as they are.

    What is painted anew is black to the network, which is told where that is. A network that looks at no mask sees the
    whole pictures.
    """
    if moments.strength == 0:
        return sides
    hint = _hint(net, shown.image)
    if not ControlFile(net.path).sees_mask:
        return _steered(sides, _control(net, hint, moments, vae))
    kept = 1.0 - shown.mask.reshape(-1, 1, *shown.mask.shape[-2:]).float()
    hint = hint * resize(kept, hint.shape[-1], hint.shape[-2], "bilinear", "center").round()
    return _steered(sides, replace(_control(net, hint, moments, vae), mask=kept))


def _control(net: ControlHandle, hint: Tensor, moments: Moments, vae: VaeHandle | None) -> Control:
    return Control(net, hint, moments.strength, moments.start_percent, moments.end_percent, vae)


def _steered(sides: tuple[Conditioning, Conditioning], control: Control) -> tuple[Conditioning, Conditioning]:
    positive, negative = (
        [(text, {**_with(options, control), SHARED: False}) for text, options in side] for side in sides
    )
    return positive, negative


def _with(options: Mapping[str, Any], control: Control) -> dict[str, Any]:
    return {**options, CONTROLS: (*options.get(CONTROLS, ()), control)}


def _hint(net: ControlHandle, image: Tensor) -> Tensor:
    channels = colours_of(ControlFile(net.path).shapes) if net.kind == "cascade" else 3
    return image[..., :channels].movedim(-1, 1)


def _refuse_latents(net: ControlHandle) -> None:
    if ControlFile(net.path).sees_latents:
        raise DiffusionError(
            f"vae: {net.path.name} looks at the latents of pictures. Connect the autoencoder of the model to "
            "ControlNetApplyAdvanced."
        )
