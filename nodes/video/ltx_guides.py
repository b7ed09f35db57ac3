"""Nodes that give LTX-Video pictures to show at given times."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.diffusion import video_guides
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.video_guides import FOLD, Guide
from nodes.sockets import Conditioning, Image, Latent, Model, Vae

CATEGORY = "conditioning/video_models"
STRENGTH = "How exactly the pictures are kept; 1 keeps them as they are."
IcLora = Annotated[Mapping[str, float], Socket("IC_LORA_PARAMETERS")]
"""What a LoRA for guides says of itself."""


class IcLoraParameters(NamedTuple):
    """What a LoRA for guides says of itself."""

    iclora_parameters: IcLora


class Guided(NamedTuple):
    """The conditionings and the latent, which belong together."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("LTXVAddGuide", title="Add guide (LTX-Video)", category=CATEGORY, occupies="gpu")
def ltxv_add_guide(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    latent: Latent,
    image: Annotated[
        Image, Field(description="What the video is to show: a picture, or frames, of which multiples of 8 count.")
    ],
    frame_idx: Annotated[
        int,
        Field(
            ge=-9999,
            le=9999,
            description="From which frame on; negative numbers count from the end. Frames in the midst of a video "
            "begin at a multiple of 8 and one more.",
        ),
    ] = 0,
    strength: Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01, description=STRENGTH)] = 1.0,
    iclora_parameters: Annotated[
        IcLora | None,
        Widget(optional=True),
        Field(description="What the LoRA of the model says of guides, if it is one for guides."),
    ] = None,
    *,
    models: ModelRegistry,
) -> Guided:
    """Let a video show pictures at one of its frames; several guides may follow each other.

    The pictures stand behind the video in the latent until LTXVCropGuides cuts them off.
    """
    guide = Guide(image, frame_idx, strength, int((iclora_parameters or {}).get(FOLD, 1)))
    with models.use_vae(vae) as autoencoder:
        return Guided(*video_guides.guided(autoencoder, positive, negative, latent, guide))


@node("GetICLoRAParameters", title="Get IC-LoRA parameters", category=CATEGORY, occupies="io")
def get_ic_lora_parameters(
    iclora_model: Annotated[Model, Field(description="A model with the LoRA on it, right from its loader.")],
) -> IcLoraParameters:
    """Tell what a LoRA that was trained with guides says of them: how many times smaller it sees them."""
    return IcLoraParameters({FOLD: video_guides.fold_of(iclora_model)})


@node("LTXVCropGuides", title="Crop guides (LTX-Video)", category=CATEGORY)
def ltxv_crop_guides(
    positive: Annotated[Conditioning, Field(description="That of the sampler; it knows how many guides there are.")],
    negative: Conditioning,
    latent: Annotated[Latent, Field(description="What the sampler made.")],
) -> Guided:
    """Cut the guides off a sampled video, before it is decoded or enlarged."""
    return Guided(*video_guides.without_guides(positive, negative, latent))


@node("LTXVImgToVideoInplace", title="Image to video in place (LTX-Video)", category=CATEGORY, occupies="gpu")
def ltxv_image_to_video_in_place(
    vae: Vae,
    image: Annotated[Image, Field(description="What the video begins with.")],
    latent: Latent,
    strength: Annotated[float, Field(ge=0.0, le=1.0, description=STRENGTH)] = 1.0,
    bypass: Annotated[bool, Field(description="Leave the latent as it is.")] = False,
    *,
    models: ModelRegistry,
) -> Latent:
    """Let a video, sampled or empty, begin with a picture."""
    if bypass:
        return latent
    with models.use_vae(vae) as autoencoder:
        return video_guides.begun(autoencoder, latent, image, strength)
