"""Nodes that look at pictures, and let models listen to what they show."""

from typing import Annotated, Literal

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.unclip import PICTURES
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.vision.encoder import Crop, Seen, open_vision, see
from nodes.diffusion.vision.style import StyleHandle, open_style, with_style, words_of
from nodes.sockets import ClipVision, Conditioning, Image

ClipVisionOutput = Annotated[Seen, Socket("CLIP_VISION_OUTPUT")]
"""Pictures, as an encoder sees them."""
StyleModel = Annotated[StyleHandle, Socket("STYLE_MODEL")]
"""Which style model."""


@node("CLIPVisionLoader", title="Load CLIP vision", category="loaders", occupies="io")
def load_clip_vision(
    clip_name: Annotated[
        str, Files("clip_vision"), Field(description="A .safetensors file with a picture encoder of CLIP or SigLIP.")
    ],
    *,
    folders: Folders,
) -> ClipVision:
    """Choose an encoder of pictures."""
    return open_vision(folders.path("clip_vision", clip_name), folders.digest("clip_vision", clip_name))


@node("CLIPVisionEncode", title="Encode image (CLIP vision)", category="conditioning", occupies="gpu")
def encode_clip_vision(
    clip_vision: ClipVision,
    image: Image,
    crop: Annotated[Crop, Field(description="Cut the sides to a square, or squeeze everything into one.")],
    *,
    models: ModelRegistry,
) -> ClipVisionOutput:
    """Look at pictures."""
    return see(models, clip_vision, image, crop)


@node("StyleModelLoader", title="Load style model", category="loaders", occupies="io")
def load_style_model(
    style_model_name: Annotated[
        str, Files("style_models"), Field(description="A .safetensors file with a style model, such as Flux.1 Redux.")
    ],
    *,
    folders: Folders,
) -> StyleModel:
    """Choose a style model: what turns pictures into words for a diffusion model."""
    return open_style(folders.path("style_models", style_model_name), folders.digest("style_models", style_model_name))


@node("StyleModelApply", title="Apply style model", category="conditioning/style_model")
def apply_style_model(
    conditioning: Conditioning,
    style_model: StyleModel,
    clip_vision_output: ClipVisionOutput,
    strength: Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.001, description="How strongly.", default=1.0)],
    strength_type: Annotated[
        Literal["multiply", "attn_bias"],
        Field(description="What the strength does: it scales the words, or how much attention they get."),
    ],
) -> Conditioning:
    """Let what pictures show follow the prompt."""
    if strength_type == "attn_bias" and strength != 1.0:
        raise DiffusionError("strength_type: attn_bias is not supported with a strength other than 1; use multiply.")
    return with_style(conditioning, words_of(style_model, clip_vision_output), strength)


@node("unCLIPConditioning", title="unCLIP conditioning", category="conditioning")
def unclip_conditioning(
    conditioning: Conditioning,
    clip_vision_output: ClipVisionOutput,
    strength: Annotated[
        float, Field(ge=-10.0, le=10.0, multiple_of=0.01, description="How strongly; 0 is not at all.", default=1.0)
    ],
    noise_augmentation: Annotated[
        float,
        Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much is left to the model: 0 follows the picture."),
    ] = 0.0,
) -> Conditioning:
    """Tell a model of the kind unCLIP of pictures. Several can follow one another."""
    if strength == 0:
        return conditioning
    told = {"clip_vision_output": clip_vision_output, "strength": strength, "noise_augmentation": noise_augmentation}
    return [(text, {**options, PICTURES: (*options.get(PICTURES, ()), told)}) for text, options in conditioning]
