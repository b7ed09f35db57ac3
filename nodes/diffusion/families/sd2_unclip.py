"""Stable Diffusion 2.1 unCLIP, as files: a Stable Diffusion 2 that is told of pictures, with their encoder."""

from typing import ClassVar

from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.sd2 import StableDiffusion2
from nodes.diffusion.families.unclip import NoiseAugmentation, UnclipModel
from nodes.diffusion.families.unet_files import UnetLooks
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Component

AUGMENTATION = "noise_augmentor."
"""Before the mean and the deviation of what CLIP sees."""


class StableDiffusion2Unclip(StableDiffusion2):
    """The family of Stable Diffusion 2.1 unCLIP, with CLIP ViT-L (`-l`) or OpenCLIP ViT-H (`-h`)."""

    name = "sd2_unclip"
    title = "Stable Diffusion 2.1 unCLIP"
    facts: ClassVar = {
        **StableDiffusion2.facts,
        "addition_embed_type": None,
        "addition_time_embed_dim": None,
        "class_embed_type": "projection",
    }

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights each part has; empty if this is another family."""
        is_one = isinstance(contents, SingleFile) and f"{AUGMENTATION}data_mean" in contents.shapes
        return super().parts(contents) if is_one else {}

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """Its transformers project by matrices, and it is told a picture beside the text."""
        return bool(looks.has_matrices and looks.label and looks.extra_channels == 0)

    def load_model(self, contents: Contents, placement: Placement) -> UnclipModel:
        """Build the UNet."""
        assert isinstance(contents, SingleFile)
        model = super().load_model(contents, placement)
        mean, deviation = (
            contents.tensor(f"{AUGMENTATION}data_{each}").float().view(1, -1) for each in ("mean", "std")
        )
        return UnclipModel.of(model, augmentation=NoiseAugmentation(mean, deviation))
