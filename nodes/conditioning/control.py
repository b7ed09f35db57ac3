"""Nodes that steer a diffusion model by a picture: ControlNets and T2I-Adapters."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion import types
from nodes.diffusion.control import applying
from nodes.diffusion.control.applying import Inpainting, Moments
from nodes.diffusion.control.loading import open_control
from nodes.diffusion.control.types import ControlHandle, with_task
from nodes.diffusion.errors import DiffusionError
from nodes.sockets import Conditioning, Image, Mask, Model, Vae

ControlNet = Annotated[ControlHandle, Socket("CONTROL_NET")]
"""Which network steers."""
ControlName = Annotated[
    str, Files("controlnet"), Field(description="A .safetensors file with a ControlNet or a T2I-Adapter.")
]
Strength = Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="How strongly; 0 is not at all.")]
Start = Annotated[
    float, Field(ge=0.0, le=1.0, multiple_of=0.001, description="When it begins to steer; 0 is pure noise.")
]
End = Annotated[
    float, Field(ge=0.0, le=1.0, multiple_of=0.001, description="When it ends to steer; 1 is the finished picture.")
]
Hint = Annotated[Image, Field(description="What it looks at, such as edges, depth or a pose.")]
Task = Literal[
    "auto",
    "openpose",
    "depth",
    "hed/pidi/scribble/ted",
    "canny/lineart/anime_lineart/mlsd",
    "normal",
    "segment",
    "tile",
    "repaint",
]
TASKS = ("openpose", "depth", "hed/pidi/scribble/ted", "canny/lineart/anime_lineart/mlsd", "normal", "segment", "tile")
TASK_NUMBERS = {name: number for number, name in enumerate((*TASKS, "repaint"))}
"""The number of each task in ControlNets for several; `auto` has none."""
FLUX_TASK_NUMBERS = {"openpose": 4, "depth": 2, "canny/lineart/anime_lineart/mlsd": 0, "tile": 1}
"""The same in those of Flux, which know fewer of them."""


class Steered(NamedTuple):
    """Both sides, steered alike."""

    positive: Conditioning
    negative: Conditioning


@node("ControlNetLoader", title="Load ControlNet", category="loaders", occupies="io")
def load_controlnet(control_net_name: ControlName, *, folders: Folders) -> ControlNet:
    """Choose what steers a model by a picture: a ControlNet or a T2I-Adapter."""
    path, digest = folders.path("controlnet", control_net_name), folders.digest("controlnet", control_net_name)
    return open_control(path, digest)


@node("DiffControlNetLoader", title="Load ControlNet (difference)", category="loaders", occupies="io")
def load_difference(
    model: Annotated[Model, Field(description="The model that the file's weights are differences to.")],
    control_net_name: ControlName,
    *,
    folders: Folders,
) -> ControlNet:
    """Choose a ControlNet whose file holds differences to the weights of a model."""
    path, digest = folders.path("controlnet", control_net_name), folders.digest("controlnet", control_net_name)
    return open_control(path, digest, model)


@node("ControlNetApply", title="Apply ControlNet (one side)", category="conditioning/controlnet", deprecated=True)
def apply_controlnet(
    conditioning: Conditioning, control_net: ControlNet, image: Hint, strength: Strength = 1.0
) -> Conditioning:
    """Steer by a picture; the negative side is steered as well.

    `ControlNetApplyAdvanced` does the same and says when.
    """
    return applying.apply_shared(conditioning, control_net, image, strength)


@node("ControlNetApplyAdvanced", title="Apply ControlNet", category="conditioning/controlnet")
def apply_controlnet_advanced(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    image: Hint,
    strength: Strength = 1.0,
    start_percent: Start = 0.0,
    end_percent: End = 1.0,
    vae: Annotated[
        types.VaeHandle | None,
        Socket("VAE"),
        Widget(optional=True),
        Field(description="Networks that look at latents need it (Flux, Stable Diffusion 3); others do not."),
    ] = None,
) -> Steered:
    """Steer by a picture, from one moment of the sampling to another. Several can follow one another."""
    moments = Moments(strength, start_percent, end_percent)
    return Steered(*applying.apply_both(positive, negative, control_net, image, moments, vae))


@node("ControlNetApplySD3", title="Apply ControlNet with VAE", category="conditioning/controlnet", deprecated=True)
def apply_controlnet_sd3(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    vae: Vae,
    image: Hint,
    strength: Strength = 1.0,
    start_percent: Start = 0.0,
    end_percent: End = 1.0,
) -> Steered:
    """Steer by a picture, from one moment of the sampling to another. `ControlNetApplyAdvanced` does the same."""
    moments = Moments(strength, start_percent, end_percent)
    return Steered(*applying.apply_both(positive, negative, control_net, image, moments, vae))


@node("ControlNetInpaintingAliMamaApply", title="Apply ControlNet for inpainting", category="conditioning/controlnet")
def apply_controlnet_inpainting(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    vae: Vae,
    image: Annotated[Image, Field(description="The picture of which a part is painted anew.")],
    mask: Annotated[Mask, Field(description="White where it is painted anew.")],
    strength: Strength = 1.0,
    start_percent: Start = 0.0,
    end_percent: End = 1.0,
) -> Steered:
    """Steer by a picture and a mask: for ControlNets for inpainting of Flux, Stable Diffusion 3 and Qwen-Image."""
    moments = Moments(strength, start_percent, end_percent)
    shown = Inpainting(image, mask)
    return Steered(*applying.apply_inpainting((positive, negative), control_net, shown, moments, vae))


@node("SetUnionControlNetType", title="Set ControlNet task", category="conditioning/controlnet", occupies="instant")
def set_union_type(
    control_net: Annotated[ControlNet, Field(description="A ControlNet for several tasks.")],
    type: Annotated[Task, Field(description="What its pictures show; `auto` leaves it to the network.")],
) -> ControlNet:
    """Tell a ControlNet for several tasks which of them to do."""
    numbers = FLUX_TASK_NUMBERS if control_net.kind == "flux" else TASK_NUMBERS
    if type != "auto" and type not in numbers:
        raise DiffusionError(f"type: ControlNets of Flux for several tasks do not know {type}; choose auto.")
    return with_task(control_net, numbers.get(type))
