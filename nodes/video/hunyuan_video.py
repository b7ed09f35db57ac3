"""Nodes for HunyuanVideo."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.conditioning.clip_vision import ClipVisionOutput
from nodes.conditioning.conditioning_families import PlainPrompt
from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.hunyuan_autoencoder import SMALL_VIDEOS, VIDEOS
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_videos import VideoSize, encoded, made_after
from nodes.diffusion.text.summed_texts import SummedTexts
from nodes.sockets import Clip, Conditioning, Latent, Vae
from nodes.video.video_conditioning import CATEGORY, Batch, Height, Length, MaybeImage, MaybeSeen, Width, begun
from nodes.video.video_conditioning import Begun as BothBegun

Way = Literal["v1 (concat)", "v2 (replace)", "custom"]


class Begun(NamedTuple):
    """A conditioning that knows the beginning of a video, and a latent to make it from."""

    positive: Conditioning
    latent: Latent


@node(
    "TextEncodeHunyuanVideo_ImageToVideo",
    title="Encode prompt (HunyuanVideo, about a picture)",
    category="advanced/conditioning",
    occupies="gpu",
)
def encode_hunyuan_image_to_video(
    clip: Clip,
    clip_vision_output: ClipVisionOutput,
    prompt: PlainPrompt,
    image_interleave: Annotated[
        int,
        Field(
            ge=1,
            le=512,
            description="Of so many words that the picture is turned into, one is heard; the more, the more the prompt "
            "counts beside it.",
        ),
    ] = 2,
    *,
    models: ModelRegistry,
) -> Conditioning:
    """Encode a prompt about the first picture of a video, for HunyuanVideo."""
    if clip_vision_output.mm_projected is None:
        raise DiffusionError("clip_vision_output: look at the picture with the encoder of LLaVA, llava_llama3_vision.")
    with models.use_clip(clip) as encoder:
        if not isinstance(encoder, SummedTexts):
            raise DiffusionError("clip: choose the text encoders of HunyuanVideo, Llama (LLaVA) and CLIP.")
        found = encoder.encode_shown(prompt, clip_vision_output.mm_projected[0], image_interleave)
    return [(found.hidden, {"pooled_output": found.pooled})]


@node("HunyuanImageToVideo", title="Hunyuan image to video", category=CATEGORY, occupies="gpu")
def hunyuan_image_to_video(
    positive: Conditioning,
    vae: Vae,
    width: Width = 848,
    height: Height = 480,
    length: Length = 53,
    batch_size: Batch = 1,
    guidance_type: Annotated[
        Way,
        Field(description="How the model is told the first frame: beside the latent, or as its first frame."),
    ] = "v1 (concat)",
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let HunyuanVideo make a video that begins with a picture."""
    size = VideoSize(width, height, length)
    samples = size.empty(VIDEOS.channels, VIDEOS.downscale, batch_size)
    if start_image is None:
        return Begun(positive, {"samples": samples})
    with models.use_vae(vae) as autoencoder:
        given = encoded(autoencoder, size.fitted(start_image))
    mask = made_after(given.shape[2], samples)
    if guidance_type == "v2 (replace)":
        samples[:, :, : given.shape[2]] = given
        return Begun(with_options(positive, guiding_frame_index=0), {"samples": samples, "noise_mask": mask})
    told: dict[str, Any] = {"concat_latent_image": given, "concat_mask": mask[:1]}
    if guidance_type == "custom":
        told = {"ref_latent": given}
    return Begun(with_options(positive, **told), {"samples": samples})


@node("EmptyHunyuanVideo15Latent", title="Empty latent video (Hunyuan 1.5)", category="latent/video")
def empty_hunyuan_video_15_latent(
    width: Width = 848,
    height: Height = 480,
    length: Length = 25,
    batch_size: Batch = 1,
) -> Latent:
    """Start a video from nothing, for HunyuanVideo 1.5, whose latent has 32 channels and a cell for 16 by 16 pixels."""
    samples = VideoSize(width, height, length).empty(SMALL_VIDEOS.channels, SMALL_VIDEOS.downscale, batch_size)
    return {"samples": samples, "downscale_ratio_spacial": SMALL_VIDEOS.downscale}


@node("HunyuanVideo15ImageToVideo", title="Hunyuan 1.5 image to video", category=CATEGORY, occupies="gpu")
def hunyuan_video_15_image_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 848,
    height: Height = 480,
    length: Length = 33,
    batch_size: Batch = 1,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    clip_vision_output: Annotated[MaybeSeen, Field(description="What SigLIP sees in the first frame.")] = None,
    *,
    models: ModelRegistry,
) -> BothBegun:
    """Let HunyuanVideo 1.5 make a video that begins with a picture."""
    size = VideoSize(width, height, length)
    samples = size.empty(SMALL_VIDEOS.channels, SMALL_VIDEOS.downscale, batch_size)
    shown: dict[str, Any] = {}
    if start_image is not None:
        with models.use_vae(vae) as autoencoder:
            given = encoded(autoencoder, size.fitted(start_image))
        shown = {"concat_latent_image": given, "concat_mask": made_after(given.shape[2], samples[:1])}
    return begun(positive, negative, {"samples": samples}, clip_vision_output, **shown)
