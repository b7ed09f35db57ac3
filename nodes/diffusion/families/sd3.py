"""Stable Diffusion 3 and 3.5, medium and large, as files or as diffusers folders."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from nodes.diffusion.families.clip_text import clip_width
from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_flow_clip, load_t5
from nodes.diffusion.families.sd3_layout import LAYOUT, sd3_config
from nodes.diffusion.families.transformer_models import FlowTransformer, Sd3Model
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle
from nodes.diffusion.text.flow_texts import Sd3Texts
from nodes.diffusion.types import LatentFormat, TextEncoder
from nodes.diffusion.weights.picture_transformers import new_sd3_transformer

FORMAT = LatentFormat(channels=16, scale=1.5305, shift=0.0609)
SHIFT = 3.0
CONTEXT_WIDTH, L_WIDTH, G_WIDTH = 4096, 768, 1280
"""Of the published text encoders, for those that are missing."""
T5_SHORTEST = 77


class StableDiffusion3(FlowFamily):
    """The family of Stable Diffusion 3 (Esser et al., 2024, "Scaling Rectified Flow Transformers")."""

    name = "sd3"
    title = "Stable Diffusion 3"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "SD3Transformer2DModel"
    marks = ("joint_blocks.0.context_block.attn.qkv.weight", "x_embedder.proj.weight", "pos_embed")
    layout_marks = ("transformer_blocks.0.attn.add_q_proj.weight", "pos_embed.proj.weight", "pos_embed.pos_embed")

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return sd3_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Stable Diffusion 3."""
        return new_sd3_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """With the shift that it was published with."""
        place = placement.device, placement.dtype
        return Sd3Model(network, names, self.latent_format, *place, sampling={"shift": SHIFT})

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Any of its three encoders will do."""
        return bool(texts)

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """Those that are there; the others count as zeros."""
        styles = {
            "clip_l": ClipStyle("clip_l", layer=-2, normalises=False),
            "clip_g": ClipStyle("clip_g", layer=-2, normalises=False, projects=True),
        }
        clips = {
            name: load_flow_clip(contents, name, texts[name], placement, style)
            for name, style in styles.items()
            if name in texts
        }
        t5 = load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST) if "t5xxl" in texts else None
        widths = (
            clip_width(texts["clip_l"]) if "clip_l" in texts else L_WIDTH,
            clip_width(texts["clip_g"]) if "clip_g" in texts else G_WIDTH,
            t5.width if t5 is not None else CONTEXT_WIDTH,
        )
        return Sd3Texts(clips.get("clip_l"), clips.get("clip_g"), t5, widths)
