"""The refiner of Stable Diffusion XL, as a file or as a diffusers folder."""

from collections.abc import Sequence

from nodes.diffusion.families.contents import View
from nodes.diffusion.families.ldm_unet import SIZE_WIDTH
from nodes.diffusion.families.sdxl import FORMAT, G_STYLE
from nodes.diffusion.families.size_conditioning import REFINER
from nodes.diffusion.families.text_files import ClipPart, clip_kind
from nodes.diffusion.families.unet_family import UnetFamily
from nodes.diffusion.families.unet_files import UnetLooks


class StableDiffusionXLRefiner(UnetFamily):
    """The family of the refiner, which reads OpenCLIP's ViT-bigG only and is told how much people like the picture."""

    name = "sdxl_refiner"
    title = "Stable Diffusion XL refiner"
    latent_format = FORMAT
    clips = (
        ClipPart(G_STYLE, is_openclip=True, prefixes=("conditioner.embedders.0.model.",), folder="text_encoder_2"),
    )

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """It is told five numbers and a text as one vector, which is as wide as its texts."""
        return (looks.label or 0) - len(REFINER) * SIZE_WIDTH == looks.context and looks.extra_channels in (0, 5)

    def is_clip(self, views: Sequence[View]) -> bool:
        """OpenCLIP ViT-bigG."""
        return clip_kind(views[0]) == "clip_g"
