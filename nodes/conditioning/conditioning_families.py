"""Nodes that encode prompts and pictures the way one family of models wants them."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from graph.folders import Folders
from graph.node import node
from nodes.conditioning.text_encoding import Prompt, encoded_text, texts_change
from nodes.diffusion import types
from nodes.diffusion.conditioning_operations import conditioning_of, with_options
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_pictures import editing, inpainting
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Clip, Conditioning, Image, Latent, Mask, Vae

CATEGORY = "advanced/conditioning"
Pixels = Annotated[int, Field(ge=0, le=MAX_RESOLUTION)]
PlainPrompt = Annotated[Prompt, Field(description="What to draw.")]
ClipLPrompt = Annotated[Prompt, Field(description="What CLIP-L reads.")]
ClipGPrompt = Annotated[Prompt, Field(description="What CLIP-G reads.")]
T5Prompt = Annotated[Prompt, Field(description="What T5 reads.")]
LlamaPrompt = Annotated[Prompt, Field(description="What Llama reads.")]
Guidance = Annotated[
    float, Field(ge=0.0, le=100.0, multiple_of=0.1, description="How closely the model follows the text, by training.")
]

LUMINA_SYSTEM = {
    "superior": "You are an assistant designed to generate superior images with the superior degree of image-text "
    "alignment based on textual prompts or user prompts.",
    "alignment": "You are an assistant designed to generate high-quality images with the highest degree of image-text "
    "alignment based on textual prompts.",
}
"""The sentences that Lumina 2 was trained with, as published."""


class Prepared(NamedTuple):
    """Conditionings that know a picture, and a latent to start from."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("CLIPTextEncodeSDXL", title="Encode prompt (SDXL)", category=CATEGORY, occupies="gpu", fingerprint=texts_change)
def encode_prompt_sdxl(
    clip: Clip,
    width: Annotated[Pixels, Field(description="Width that the picture is said to come from.", default=1024)],
    height: Annotated[Pixels, Field(description="Height that the picture is said to come from.", default=1024)],
    crop_w: Annotated[Pixels, Field(description="What is said to have been cut off at the left.", default=0)],
    crop_h: Annotated[Pixels, Field(description="What is said to have been cut off at the top.", default=0)],
    target_width: Annotated[Pixels, Field(description="Width of the picture.", default=1024)],
    target_height: Annotated[Pixels, Field(description="Height of the picture.", default=1024)],
    text_g: ClipGPrompt,
    text_l: ClipLPrompt,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for Stable Diffusion XL, with sizes, and with a text for each of its text encoders."""
    sizes = {"width": width, "height": height, "crop_w": crop_w, "crop_h": crop_h}
    targets = {"target_width": target_width, "target_height": target_height}
    return _encoded(clip, {"clip_g": text_g, "clip_l": text_l}, models, folders, **sizes, **targets)


@node(
    "CLIPTextEncodeSDXLRefiner",
    title="Encode prompt (SDXL refiner)",
    category=CATEGORY,
    occupies="gpu",
    fingerprint=texts_change,
)
def encode_prompt_refiner(
    ascore: Annotated[
        float,
        Field(ge=0.0, le=1000.0, multiple_of=0.01, description="How much people would like the picture.", default=6.0),
    ],
    width: Annotated[Pixels, Field(description="Width that the picture is said to have been made from.", default=1024)],
    height: Annotated[
        Pixels, Field(description="Height that the picture is said to have been made from.", default=1024)
    ],
    text: PlainPrompt,
    clip: Clip,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for the refiner of Stable Diffusion XL, with sizes and an aesthetic score."""
    return _encoded(clip, text, models, folders, aesthetic_score=ascore, width=width, height=height)


@node("CLIPTextEncodeSD3", title="Encode prompt (SD3)", category=CATEGORY, occupies="gpu", fingerprint=texts_change)
def encode_prompt_sd3(
    clip: Clip,
    clip_l: ClipLPrompt,
    clip_g: ClipGPrompt,
    t5xxl: T5Prompt,
    empty_padding: Annotated[
        Literal["none", "empty_prompt"],
        Field(description="Whether an encoder without text is left out, or reads an empty prompt."),
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for Stable Diffusion 3, with a text for each of its text encoders."""
    texts = {"clip_l": clip_l, "clip_g": clip_g, "t5xxl": t5xxl}
    if empty_padding == "none":
        texts = {name: text for name, text in texts.items() if text}
    return _encoded(clip, texts, models, folders)


@node("CLIPTextEncodeFlux", title="Encode prompt (Flux)", category=CATEGORY, occupies="gpu", fingerprint=texts_change)
def encode_prompt_flux(
    clip: Clip,
    clip_l: ClipLPrompt,
    t5xxl: T5Prompt,
    guidance: Guidance = 3.5,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for Flux, with a text for each of its text encoders."""
    return _encoded(clip, {"clip_l": clip_l, "t5xxl": t5xxl}, models, folders, guidance=guidance)


@node("CLIPTextEncodeLumina2", title="Encode prompt (Lumina 2)", category="conditioning", occupies="gpu")
def encode_prompt_lumina2(
    system_prompt: Annotated[
        Literal["superior", "alignment"],
        Field(description="What stands before the prompt: that pictures are to be superb, or close to the prompt."),
    ],
    user_prompt: PlainPrompt,
    clip: Clip,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for Lumina 2, behind one of the sentences that it was trained with."""
    return _encoded(clip, f"{LUMINA_SYSTEM[system_prompt]} <Prompt Start> {user_prompt}", models, folders)


@node(
    "CLIPTextEncodeHiDream",
    title="Encode prompt (HiDream)",
    category=CATEGORY,
    occupies="gpu",
    fingerprint=texts_change,
)
def encode_prompt_hidream(
    clip: Clip,
    clip_l: ClipLPrompt,
    clip_g: ClipGPrompt,
    t5xxl: T5Prompt,
    llama: LlamaPrompt,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for HiDream, with a text for each of its text encoders."""
    texts = {"clip_l": clip_l, "clip_g": clip_g, "t5xxl": t5xxl, "llama": llama}
    return _encoded(clip, texts, models, folders)


@node(
    "CLIPTextEncodePixArtAlpha",
    title="Encode prompt (PixArt)",
    category=CATEGORY,
    occupies="gpu",
    fingerprint=texts_change,
)
def encode_prompt_pixart_alpha(
    width: Annotated[Pixels, Field(description="Width that the picture is said to have.", default=1024)],
    height: Annotated[Pixels, Field(description="Height that the picture is said to have.", default=1024)],
    text: PlainPrompt,
    clip: Clip,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for PixArt-α, with the size that the picture is said to have."""
    return _encoded(clip, text, models, folders, width=width, height=height)


@node(
    "CLIPTextEncodeHunyuanDiT",
    title="Encode prompt (Hunyuan-DiT)",
    category=CATEGORY,
    occupies="gpu",
    fingerprint=texts_change,
)
def encode_prompt_hunyuan_dit(
    clip: Clip,
    bert: Annotated[Prompt, Field(description="What BERT reads.")],
    mt5xl: Annotated[Prompt, Field(description="What mT5 reads.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Conditioning:
    """Encode a prompt for Hunyuan-DiT, with a text for each of its text encoders."""
    return _encoded(clip, {"hydit_clip": bert, "mt5xl": mt5xl}, models, folders)


@node("FluxGuidance", title="Flux guidance", category=f"{CATEGORY}/flux", occupies="instant")
def flux_guidance(conditioning: Conditioning, guidance: Guidance = 3.5) -> Conditioning:
    """Tell a model that was distilled with guidance how closely to follow the text."""
    return with_options(conditioning, guidance=guidance)


@node("FluxDisableGuidance", title="Flux without guidance", category=f"{CATEGORY}/flux", occupies="instant")
def flux_disable_guidance(conditioning: Conditioning) -> Conditioning:
    """Tell models of the kind of Flux nothing about guidance."""
    return with_options(conditioning, guidance=None)


@node(
    "InpaintModelConditioning", title="Inpainting model conditioning", category="conditioning/inpaint", occupies="gpu"
)
def inpaint_model_conditioning(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    pixels: Annotated[Image, Field(description="The picture that is painted into.")],
    mask: Annotated[Mask, Field(description="1 where to paint anew.")],
    noise_mask: Annotated[
        bool, Field(description="Whether the sampler keeps the rest of the picture exactly as it was.")
    ] = True,
    *,
    models: ModelRegistry,
) -> Prepared:
    """Show a model that was trained for inpainting the picture and where to paint."""
    with models.use_vae(vae) as autoencoder:
        seen, latent = inpainting(autoencoder, pixels, mask, keeps=noise_mask)
    return Prepared(with_options(positive, **seen), with_options(negative, **seen), latent)


@node("InstructPixToPixConditioning", title="InstructPix2Pix conditioning", category="conditioning/instructpix2pix")
def instruct_pix_to_pix_conditioning(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    pixels: Annotated[Image, Field(description="The picture that is edited.")],
    *,
    models: ModelRegistry,
) -> Prepared:
    """Show a model that was trained for editing the picture that it edits."""
    with models.use_vae(vae) as autoencoder:
        seen, latent = editing(autoencoder, pixels)
    return Prepared(with_options(positive, **seen), with_options(negative, **seen), latent)


def _encoded(
    clip: types.ClipHandle, text: types.Text, models: ModelRegistry, folders: Folders, **options: Any
) -> types.Conditioning:
    """A prompt as a conditioning with further options."""
    return conditioning_of(encoded_text(clip, text, models, folders), **options)
