"""Prompts that tell a model for editing what to do with pictures that it sees."""

import math
from collections.abc import Sequence

from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.text.language import LanguageStyle, LanguageTextEncoder
from nodes.diffusion.types import ClipHandle, Encoded
from nodes.diffusion.vision.encoder import Networks
from nodes.diffusion.vision.qwen import find_eyes, load_eyes

ONE, EACH = "<|vision_start|><|image_pad|><|vision_end|>", "Picture {}: <|vision_start|><|image_pad|><|vision_end|>"
EDITING = (
    "<|im_start|>system\nDescribe the key features of the input image (color, shape, size, texture, objects, "
    "background), then explain how the user's text instruction should alter or modify the image. Generate a new image "
    "that meets the user's requirements while maintaining consistency with the original input where appropriate."
    "<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)
STYLE = LanguageStyle(EDITING, is_normed=True, skipped=64)
"""As Qwen-Image was trained to edit."""


def encode_edit(
    networks: Networks, encoder: object, clip: ClipHandle, prompt: str, images: Sequence[Tensor]
) -> Encoded:
    """A prompt about pictures, as Qwen2.5-VL reads it.

    Args:
        networks: keeps the part that sees.
        encoder: the text encoder, on its device.
        clip: names its file.
        prompt: has a place for each picture.
        images: each (1, height, width, channels).

    Raises:
        DiffusionError: the text encoder cannot see.
    """
    eyes = find_eyes(open_contents(clip.source.path))
    if eyes is None or not isinstance(encoder, LanguageTextEncoder):
        raise DiffusionError(
            f"{clip.source.names} cannot look at pictures; load a whole Qwen2.5-VL, with the part that sees."
        )
    key = ("qwen_eyes", clip.source.digest or str(clip.source.path))
    with networks.use_other(key, clip.source.path.name, eyes.size, lambda place: load_eyes(eyes, place)) as seeing:
        looked = [seeing.look(image) for image in images]
    return encoder.encode_among(prompt, looked, STYLE)


def sized(image: Tensor, pixels: int, step: int = 1) -> Tensor:
    """A picture (batch, height, width, channels) with about so many pixels, its sides multiples of `step`."""
    height, width = image.shape[1:3]
    scale = math.sqrt(pixels / (height * width))
    tall, wide = (max(step, round(side * scale / step) * step) for side in (height, width))
    return resize(image[..., :3].movedim(-1, 1), wide, tall, "area", "disabled").movedim(1, -1)
