"""Nodes that encode what to do with pictures, for Z-Image Omni."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.conditioning.conditioning_families import PlainPrompt
from nodes.conditioning.editing_texts import CATEGORY, CELL, DRAWN, MaybeImage, MaybeVae
from nodes.diffusion import autoencoding
from nodes.diffusion.conditioning_operations import conditioning_of, with_options, with_reference
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.z_image import SEEN, WORDS
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.picture_texts import sized
from nodes.diffusion.text.language import LanguageTextEncoder
from nodes.diffusion.types import Encoded
from nodes.diffusion.vision.encoder import VisionHandle, see
from nodes.sockets import Clip, Conditioning

PROMPT = "<|vision_end|>{}<|im_end|>\n<|im_start|>assistant\n<|vision_start|>"
"""The prompt between the last picture to look at and the one that is drawn."""
BEFORE, BETWEEN, AFTER = (
    "<|im_start|>user\n<|vision_start|>",
    "<|vision_end|><|vision_start|>",
    "<|vision_end|><|im_end|>",
)
"""What else stands around pictures."""


@node(
    "TextEncodeZImageOmni", title="Encode prompt (Z-Image Omni)", category=CATEGORY, occupies="gpu", experimental=True
)
def encode_omni(
    clip: Clip,
    prompt: PlainPrompt,
    image_encoder: Annotated[
        VisionHandle | None,
        Socket("CLIP_VISION"),
        Widget(optional=True),
        Field(description="SigLIP, which Z-Image Omni sees pictures with as well."),
    ] = None,
    auto_resize_images: Annotated[bool, Field(description="Bring pictures to about a megapixel first.")] = True,
    vae: MaybeVae = None,
    image1: MaybeImage = None,
    image2: MaybeImage = None,
    image3: MaybeImage = None,
    *,
    models: ModelRegistry,
) -> Conditioning:
    """Encode what to do with up to three pictures, for Z-Image Omni; without pictures, a plain prompt."""
    images = [each[:1] for each in (image1, image2, image3) if each is not None]
    with models.use_clip(clip) as encoder:
        if not images:
            return conditioning_of(encoder.encode(prompt))
        if not isinstance(encoder, LanguageTextEncoder):
            raise DiffusionError("clip: choose the text encoder of Z-Image, Qwen3.")
        texts = [(PROMPT, prompt), *(("{}", each) for each in (BEFORE, *[BETWEEN] * (len(images) - 1), AFTER))]
        read, *around = (_read(encoder, *each) for each in texts)
    found = conditioning_of(read, **{WORDS: [each.hidden for each in around]})
    if image_encoder is not None:
        found = with_options(found, **{SEEN: [see(models, image_encoder, each, "center") for each in images]})
    if vae is None:
        return found
    for each in images:
        with models.use_vae(vae) as autoencoder:
            drawn = sized(each, DRAWN, CELL) if auto_resize_images else each
            found = with_reference(found, autoencoding.encode(autoencoder, drawn))
    return found


def _read(encoder: LanguageTextEncoder, template: str, text: str) -> Encoded:
    """A text inside of a template of its own."""
    return replace(encoder, style=replace(encoder.style, template=template)).encode(text)
