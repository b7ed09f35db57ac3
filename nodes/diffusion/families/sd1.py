"""Stable Diffusion 1.x, for drawing, inpainting and editing, as files or as diffusers folders of any size."""

from collections.abc import Sequence

from nodes.diffusion.families.contents import View
from nodes.diffusion.families.text_files import ClipPart, clip_kind
from nodes.diffusion.families.unet_family import UnetFamily
from nodes.diffusion.families.unet_files import UnetLooks
from nodes.diffusion.text.encoder import ClipStyle
from nodes.diffusion.types import LatentFormat

RGB_FACTORS = (
    (0.3512, 0.2297, 0.3227),
    (0.3250, 0.4974, 0.2350),
    (-0.2829, 0.1762, 0.2721),
    (-0.2120, -0.2616, -0.7177),
)
"""Colours of the four latent channels, as published for Stable Diffusion 1.x; one row a channel."""
FORMAT = LatentFormat(scale=0.18215, rgb_factors=RGB_FACTORS)
CONTEXT_WIDTH = 768


class StableDiffusion1(UnetFamily):
    """The family of Stable Diffusion 1.x (Rombach et al., 2022)."""

    name = "sd1"
    title = "Stable Diffusion 1.x"
    latent_format = FORMAT
    clips: Sequence[ClipPart] = (
        ClipPart(
            ClipStyle("clip_l"),
            is_openclip=False,
            prefixes=("cond_stage_model.transformer.text_model.", "cond_stage_model.transformer."),
        ),
    )

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """Its transformers project by convolutions, and nothing but a text is told to it."""
        if looks.label or looks.context is None or looks.extra_channels not in (0, 4, 5):
            return False
        return looks.context == CONTEXT_WIDTH if looks.has_matrices is None else not looks.has_matrices

    def is_clip(self, views: Sequence[View]) -> bool:
        """CLIP ViT-L."""
        return clip_kind(views[0]) == "clip_l"

    def heads(self, channels: int) -> int:
        """Eight, whatever the number of channels."""
        return 8
