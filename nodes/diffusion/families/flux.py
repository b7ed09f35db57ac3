"""Flux.1: dev and schnell, and the models that fill, or follow edges or depth, as files or as diffusers folders."""

import math
from collections.abc import Mapping
from typing import Any

from torch import nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_shift import flux_shift
from nodes.diffusion.families.flow_text_files import load_flow_clip, load_t5
from nodes.diffusion.families.flux_layout import HEAD, LAYOUT, flux_config
from nodes.diffusion.families.transformer_models import FlowTransformer, FluxModel
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle
from nodes.diffusion.text.flow_texts import FluxTexts
from nodes.diffusion.types import LatentFormat, TextEncoder
from nodes.diffusion.weights.picture_transformers import new_flux_transformer

RGB_FACTORS = (
    (-0.0346, 0.0244, 0.0681),
    (0.0034, 0.0210, 0.0687),
    (0.0275, -0.0668, -0.0433),
    (-0.0174, 0.0160, 0.0617),
    (0.0859, 0.0721, 0.0329),
    (0.0004, 0.0383, 0.0115),
    (0.0405, 0.0861, 0.0915),
    (-0.0236, -0.0185, -0.0259),
    (-0.0245, 0.0250, 0.1180),
    (0.1008, 0.0755, -0.0421),
    (-0.0515, 0.0201, 0.0011),
    (0.0428, -0.0012, -0.0036),
    (0.0817, 0.0765, 0.0749),
    (-0.1264, -0.0522, -0.1103),
    (-0.0280, -0.0881, -0.0499),
    (-0.1262, -0.0982, -0.0778),
)
"""Colours of the 16 latent channels, as published for Flux; one row a channel."""
RGB_BIAS = (-0.0329, -0.0718, -0.0851)
FORMAT = LatentFormat(channels=16, scale=0.3611, shift=0.1159, rgb_factors=RGB_FACTORS, rgb_bias=RGB_BIAS)
T5_SHORTEST = 256
PIXELS = 1024 * 1024
"""The size of picture that noise levels suit unless somebody says otherwise."""


class Flux(FlowFamily):
    """The family of Flux.1 by Black Forest Labs."""

    name = "flux"
    title = "Flux.1"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "FluxTransformer2DModel"
    marks = (HEAD, "vector_in.in_layer.weight", "single_blocks.0.linear1.weight")
    foreign = ("distilled_guidance_layer.in_proj.weight", "single_stream_modulation.lin.weight")
    layout_marks = (
        "single_transformer_blocks.0.proj_mlp.weight",
        "time_text_embed.text_embedder.linear_1.weight",
        "transformer_blocks.0.attn.add_q_proj.weight",
    )

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return flux_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Flux."""
        return new_flux_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Models that are told guidance are shifted; schnell, which is not, was distilled without a shift."""
        sampling: dict[str, Any] = {"shift": 1.0, "multiplier": 1.0}
        if "time_text_embed.guidance_embedder.linear_1.weight" in names:
            sampling |= {"shift": math.exp(flux_shift(PIXELS)), "timesteps": 10_000}
        return FluxModel(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """CLIP ViT-L and T5."""
        return set(texts) == {"clip_l", "t5xxl"}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """CLIP sums the text up, T5 is read."""
        clip = load_flow_clip(contents, "clip_l", texts["clip_l"], placement, ClipStyle("clip_l"))
        return FluxTexts(clip, load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST))
