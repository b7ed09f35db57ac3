"""Stable Diffusion 2.x, for drawing and inpainting, as files or as diffusers folders."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.sd1 import FORMAT
from nodes.diffusion.families.text_files import ClipPart, clip_kind
from nodes.diffusion.families.unet import Training
from nodes.diffusion.families.unet_family import UnetFamily
from nodes.diffusion.families.unet_files import UnetLooks
from nodes.diffusion.text.encoder import ClipStyle

CONTEXT_WIDTH = 1024
LAYERS_USED = 23
"""Layers of ViT-H that the family was trained with; the 24th is in files and left out of diffusers folders."""
TELLTALE = "output_blocks.11.1.transformer_blocks.0.norm1.bias"
V_DEVIATION = 0.09
"""Models that predict v spread this bias more widely than that; those that predict the noise do not."""


class StableDiffusion2(UnetFamily):
    """The family of Stable Diffusion 2.x, which reads OpenCLIP's ViT-H and predicts the noise or v."""

    name = "sd2"
    title = "Stable Diffusion 2.x"
    latent_format = FORMAT
    clips = (ClipPart(ClipStyle("clip_h", layer=-2), is_openclip=True, prefixes=("cond_stage_model.model.",)),)
    facts: ClassVar = {"upcast_attention": True}

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """Its transformers project by matrices, and nothing but a text is told to it."""
        if looks.label or looks.context is None or looks.extra_channels not in (0, 5):
            return False
        return looks.context == CONTEXT_WIDTH if looks.has_matrices is None else looks.has_matrices

    def is_clip(self, views: Sequence[View]) -> bool:
        """OpenCLIP ViT-H."""
        return clip_kind(views[0]) == "clip_h"

    def training(self, contents: Contents, view: View) -> Training:
        """A file that does not say what was predicted is judged by one of its weights, as the ecosystem does."""
        usual = super().training(contents, view)
        if usual.prediction != "epsilon" or not isinstance(contents, SingleFile) or TELLTALE not in view.shapes:
            return usual
        said = any(key.endswith("prediction_type") for key in contents.file.metadata)
        if said or view.shapes["input_blocks.0.0.weight"][1] != self.latent_format.channels:
            return usual
        deviation = float(view.read(TELLTALE).float().std(unbiased=False))
        return replace(usual, prediction="v_prediction") if deviation > V_DEVIATION else usual

    def adapted(self, part: ClipPart, view: View) -> ClipPart:
        """The last layer is taken where the one behind it was left out."""
        layers = {key.split("layers.")[1].split(".")[0] for key in view.shapes if "encoder.layers." in key}
        is_cut = bool(view.config) or len(layers) == LAYERS_USED
        return replace(part, style=replace(part.style, layer=-1)) if is_cut else part
