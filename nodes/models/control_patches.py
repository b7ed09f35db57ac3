"""Nodes that steer a transformer from inside by a picture: files of the folder `model_patches`."""

from typing import Annotated

from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion import types
from nodes.diffusion.control.model_patches import ModelPatchFile, ModelPatchHandle, open_model_patch
from nodes.diffusion.effects.altered import KINDS
from nodes.diffusion.effects.base import with_effect
from nodes.diffusion.errors import DiffusionError
from nodes.sockets import Image, Mask, Model, Vae

ModelPatch = Annotated[ModelPatchHandle, Socket("MODEL_PATCH")]
"""Which network steers from inside."""
Strength = Annotated[float, Field(ge=-10.0, le=10.0, multiple_of=0.01, description="How strongly; 0 is not at all.")]
Hint = Annotated[Image, Field(description="What it looks at, such as edges, depth or a pose.")]
MaybeMask = Annotated[
    Mask | None,
    Widget(optional=True),
    Field(description="White where something is painted anew; only networks for inpainting look at it."),
]


@node("ModelPatchLoader", title="Load model patch", category="model_patches/control", occupies="io", experimental=True)
def load_model_patch(
    name: Annotated[
        str,
        Files("model_patches"),
        Field(description="A .safetensors file with a block-wise ControlNet of Qwen-Image, or a Fun one of Z-Image."),
    ],
    *,
    folders: Folders,
) -> ModelPatch:
    """Choose what steers a transformer from inside: DiffSynth's ControlNets of Qwen-Image, VideoX-Fun's of Z-Image."""
    return open_model_patch(folders.path("model_patches", name), folders.digest("model_patches", name))


@node("QwenImageDiffsynthControlnet", title="Apply model patch", category="model_patches/control", experimental=True)
def apply_diffsynth_controlnet(
    model: Model,
    model_patch: ModelPatch,
    vae: Vae,
    image: Hint,
    strength: Strength = 1.0,
    mask: MaybeMask = None,
) -> Model:
    """Steer Qwen-Image or Z-Image by a picture, at every step and on both sides of the guidance."""
    return _steered(model, model_patch, vae, strength, {"image": image, "mask": mask})


@node("ZImageFunControlnet", title="Apply Z-Image Fun ControlNet", category="model_patches/control")
def apply_fun_controlnet(
    model: Model,
    model_patch: ModelPatch,
    vae: Vae,
    strength: Strength = 1.0,
    image: Annotated[Hint | None, Widget(optional=True)] = None,
    inpaint_image: Annotated[
        Image | None,
        Widget(optional=True),
        Field(description="The picture of which a part is painted anew; version 2.0 and later look at it."),
    ] = None,
    mask: MaybeMask = None,
) -> Model:
    """Steer Z-Image by a picture, or paint a part of one anew."""
    return _steered(model, model_patch, vae, strength, {"image": image, "inpaint": inpaint_image, "mask": mask})


def _steered(
    model: types.ModelHandle,
    patch: ModelPatchHandle,
    vae: types.VaeHandle,
    strength: float,
    pictures: dict[str, Tensor | None],
) -> types.ModelHandle:
    """The model with the effect of a patch.

    Args:
        model: to be steered.
        patch: that steers.
        vae: makes latents of the pictures.
        strength: how strongly.
        pictures: by the names of `effects.model_patch.PARTS`, as nodes have them.
    """
    family = KINDS[patch.kind].family
    if model.source.architecture != family:
        raise DiffusionError(
            f"model_patch: {patch.path.name} steers models of the family {family}; {model.source.path.name} is one of "
            f"the family {model.source.architecture}."
        )
    if pictures.get("image") is None and (pictures.get("inpaint") is None or not ModelPatchFile(patch.path).sees_mask):
        raise DiffusionError(f"image: {patch.path.name} needs a picture to look at.")
    if strength == 0:
        return model
    shown = {name: _channels_first(name, each) for name, each in pictures.items()}
    return with_effect(model, patch.kind, patch=patch, vae=vae, strength=strength, **shown)


def _channels_first(name: str, picture: Tensor | None) -> Tensor | None:
    """A picture (batch, 3, height, width); of a mask, what is kept."""
    if picture is None:
        return None
    if name == "mask":
        return 1.0 - picture.reshape(-1, 1, *picture.shape[-2:]).float()
    return picture[..., :3].movedim(-1, 1)
