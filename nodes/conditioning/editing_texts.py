"""Nodes that encode what to do with pictures, for models that edit."""

from typing import Annotated

from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.conditioning.conditioning_families import PlainPrompt
from nodes.diffusion import autoencoding, picture_texts, types
from nodes.diffusion.conditioning_operations import with_reference
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.picture_texts import EACH, ONE, sized
from nodes.diffusion.types import ClipHandle, VaeHandle
from nodes.sockets import Clip, Conditioning, Image

CATEGORY = "advanced/conditioning"
SEEN, DRAWN, CELL = 384 * 384, 1024 * 1024, 8
"""Pixels of pictures as the text encoder sees several of them, and as the model looks at them; of a latent cell."""
MaybeVae = Annotated[
    VaeHandle | None,
    Socket("VAE"),
    Widget(optional=True),
    Field(description="Lets the model look at the pictures as well; without it only the text encoder does."),
]
MaybeImage = Annotated[Image | None, Widget(optional=True), Field(description="What to edit, or to use.")]


@node("TextEncodeQwenImageEdit", title="Encode prompt (Qwen-Image edit)", category=CATEGORY, occupies="gpu")
def encode_edit(
    clip: Clip,
    prompt: PlainPrompt,
    vae: MaybeVae = None,
    image: MaybeImage = None,
    *,
    models: ModelRegistry,
) -> Conditioning:
    """Encode what to do with a picture, for Qwen-Image edit."""
    shown = [] if image is None else [sized(image[:1], DRAWN)]
    return _encoded(models, clip, ONE + prompt if shown else prompt, (shown, shown), vae)


@node(
    "TextEncodeQwenImageEditPlus", title="Encode prompt (Qwen-Image edit, several)", category=CATEGORY, occupies="gpu"
)
def encode_edit_plus(
    clip: Clip,
    prompt: PlainPrompt,
    vae: MaybeVae = None,
    image1: MaybeImage = None,
    image2: MaybeImage = None,
    image3: MaybeImage = None,
    *,
    models: ModelRegistry,
) -> Conditioning:
    """Encode what to do with up to three pictures, for Qwen-Image edit 2509 and later.

    Prompts call them Picture 1, Picture 2, and so on.
    """
    images = [each[:1] for each in (image1, image2, image3) if each is not None]
    names = "".join(EACH.format(number) for number in range(1, len(images) + 1))
    seen, drawn = [sized(each, SEEN) for each in images], [sized(each, DRAWN, CELL) for each in images]
    return _encoded(models, clip, names + prompt, (seen, drawn), vae)


def _encoded(
    models: ModelRegistry,
    clip: ClipHandle,
    prompt: str,
    pictures: tuple[list[Tensor], list[Tensor]],
    vae: VaeHandle | None,
) -> types.Conditioning:
    """A prompt about pictures as a conditioning.

    Args:
        models: encodes.
        clip: the text encoder.
        prompt: has a place for each picture.
        pictures: as the text encoder sees them, and as the model looks at them.
        vae: makes latents for the model to look at.
    """
    seen, drawn = pictures
    with models.use_clip(clip) as encoder:
        encoded = picture_texts.encode_edit(models, encoder, clip, prompt, seen) if seen else encoder.encode(prompt)
    found: types.Conditioning = [(encoded.hidden, {"pooled_output": encoded.pooled})]
    if vae is None:
        return found
    for each in drawn:
        with models.use_vae(vae) as autoencoder:
            found = with_reference(found, autoencoding.encode(autoencoder, each))
    return found
