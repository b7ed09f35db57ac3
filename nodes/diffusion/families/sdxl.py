"""Stable Diffusion XL, for drawing and inpainting, as files or as diffusers folders."""

from collections.abc import Sequence

from nodes.diffusion.families.contents import View
from nodes.diffusion.families.ldm_unet import SIZE_WIDTH
from nodes.diffusion.families.size_conditioning import BASE, REFINER
from nodes.diffusion.families.text_files import ClipPart, clip_kind
from nodes.diffusion.families.unet_family import UnetFamily
from nodes.diffusion.families.unet_files import UnetLooks
from nodes.diffusion.text.encoder import ClipStyle
from nodes.diffusion.types import LatentFormat

RGB_FACTORS = (
    (0.3816, 0.4930, 0.5320),
    (-0.3753, 0.1631, 0.1739),
    (0.1770, 0.3588, -0.2048),
    (-0.4350, -0.2644, -0.4289),
)
"""Colours of the four latent channels, as published for Stable Diffusion XL; one row a channel."""
FORMAT = LatentFormat(scale=0.13025, rgb_factors=RGB_FACTORS)
G_STYLE = ClipStyle("clip_g", layer=-2, normalises=False, projects=True)


class StableDiffusionXL(UnetFamily):
    """The family of Stable Diffusion XL, which reads two text encoders and is told sizes (Podell et al., 2023)."""

    name = "sdxl"
    title = "Stable Diffusion XL"
    latent_format = FORMAT
    clips = (
        ClipPart(
            ClipStyle("clip_l", layer=-2, normalises=False),
            is_openclip=False,
            prefixes=("conditioner.embedders.0.transformer.text_model.", "conditioner.embedders.0.transformer."),
        ),
        ClipPart(G_STYLE, is_openclip=True, prefixes=("conditioner.embedders.1.model.",), folder="text_encoder_2"),
    )

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """It is told six sizes and a text as one vector, which is narrower than its texts."""
        label, context = looks.label or 0, looks.context or 0
        is_refiner = label - len(REFINER) * SIZE_WIDTH == context
        return 0 < label - len(BASE) * SIZE_WIDTH < context and not is_refiner and looks.extra_channels in (0, 5)

    def is_clip(self, views: Sequence[View]) -> bool:
        """CLIP ViT-L and OpenCLIP ViT-bigG."""
        return True if clip_kind(views[0]) == "clip_l" else clip_kind(views[-1]) == "clip_g"
