"""Krea 2: text and picture are one row of tokens; read by Qwen3-VL at every third layer, as files or as folders."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.language_text import QWEN3, QWEN3_VL, find_language, load_language
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.qwen_image import SKIPPED, TEMPLATE
from nodes.diffusion.families.tokens import packed, positions, unpacked
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.wan_autoencoder import (
    PICTURES,
    WanAutoencoder,
    find_wan_autoencoder,
    load_wan_autoencoder,
)
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import TextEncoder
from nodes.diffusion.weights.picture_transformers import new_krea2_transformer

_BLOCK = {
    "attn.to_q": "attn.wq",
    "attn.to_k": "attn.wk",
    "attn.to_v": "attn.wv",
    "attn.to_out.0": "attn.wo",
    "attn.to_gate": "attn.gate",
    "attn.norm_q.weight": "attn.qknorm.qnorm.scale",
    "attn.norm_k.weight": "attn.qknorm.knorm.scale",
    "ff.gate": "mlp.gate",
    "ff.up": "mlp.up",
    "ff.down": "mlp.down",
    "norm1.weight": "prenorm.scale",
    "norm2.weight": "postnorm.scale",
    "scale_shift_table": "mod.lin",
}


class Krea2Layout(Layout):
    """As other layouts, but the six vectors that modulate a block are one row in the file."""

    def key_map(self, shapes: Shapes) -> dict[str, Piece]:
        """Where the original layout has each weight of a network."""
        pieces = super().key_map(shapes)
        return {
            key: replace(piece, is_flat=True) if piece.key.endswith(".mod.lin") else piece
            for key, piece in pieces.items()
        }


LAYOUT = Krea2Layout(
    outer={
        "img_in": "first",
        "time_embed.linear_1": "tmlp.0",
        "time_embed.linear_2": "tmlp.2",
        "time_mod_proj": "tproj.1",
        "txt_in.norm.weight": "txtmlp.0.scale",
        "txt_in.linear_1": "txtmlp.1",
        "txt_in.linear_2": "txtmlp.3",
        "text_fusion.projector": "txtfusion.projector",
        "final_layer.linear": "last.linear",
        "final_layer.norm.weight": "last.norm.scale",
        "final_layer.scale_shift_table": "last.modulation.lin",
    },
    blocks={
        "transformer_blocks": BlockLayout("blocks", _BLOCK),
        "text_fusion.layerwise_blocks": BlockLayout("txtfusion.layerwise_blocks", _BLOCK),
        "text_fusion.refiner_blocks": BlockLayout("txtfusion.refiner_blocks", _BLOCK),
    },
)
FUSION = "txtfusion.layerwise_blocks"
FIRST_LAYER, EVERY = 2, 3
"""Which layers of the text encoder are read: 2, 5, 8, …, up to the last but one."""
SHIFT = math.exp(1.15)


class Krea2Model(FlowTransformer):
    """Krea 2 on its device."""

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads: those of all layers, side by side."""
        return int(self.config["text_hidden_dim"] * self.config["num_text_layers"])

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Timesteps are 0..1; words have no places."""
        rows, columns = (side // self.patch for side in x.shape[-2:])
        places = positions(rows, columns, x.device)
        output = self.network(
            packed(x, self.patch),
            context.unflatten(-1, (self.config["num_text_layers"], -1)),
            timestep,
            torch.cat([places.new_zeros(context.shape[1], 3), places]),
            return_dict=False,
        )[0]
        return unpacked(output, rows, columns, self.patch)


class Krea2(FlowFamily):
    """The family of Krea 2 by Krea."""

    name = "krea2"
    title = "Krea 2"
    latent_format = PICTURES
    layout = LAYOUT
    pipeline = "Krea2Transformer2DModel"
    marks = ("txtfusion.projector.weight", "blocks.0.attn.wq.weight", "tproj.1.weight")
    layout_marks = ("text_fusion.projector.weight", "transformer_blocks.0.attn.to_gate.weight", "time_mod_proj.weight")

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["first.weight"]
        (head,) = shapes["blocks.0.attn.qknorm.qnorm.scale"]
        (text_head,) = shapes[f"{FUSION}.0.attn.qknorm.qnorm.scale"]
        return {
            "in_channels": channels,
            "num_layers": block_count(shapes, "blocks"),
            "attention_head_dim": head,
            "num_attention_heads": width // head,
            "num_key_value_heads": shapes["blocks.0.attn.wk.weight"][0] // head,
            "intermediate_size": shapes["blocks.0.mlp.gate.weight"][0],
            "timestep_embed_dim": shapes["tmlp.0.weight"][1],
            "text_hidden_dim": shapes["txtmlp.0.scale"][0],
            "num_text_layers": shapes["txtfusion.projector.weight"][1],
            "text_num_attention_heads": shapes[f"{FUSION}.0.attn.wq.weight"][0] // text_head,
            "text_num_key_value_heads": shapes[f"{FUSION}.0.attn.wk.weight"][0] // text_head,
            "text_intermediate_size": shapes[f"{FUSION}.0.mlp.gate.weight"][0],
            "num_layerwise_text_blocks": block_count(shapes, FUSION),
            "num_refiner_text_blocks": block_count(shapes, "txtfusion.refiner_blocks"),
            "axes_dims_rope": (head // 4, head // 8 * 3, head // 8 * 3),
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Krea 2."""
        return new_krea2_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by e to the 1.15."""
        sampling = {"shift": SHIFT, "multiplier": 1.0, "timesteps": 10_000}
        return Krea2Model(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model; one without the part that sees looks like a Qwen3."""
        return {QWEN3_VL.name if name == QWEN3.name else name: view for name, view in find_language(contents).items()}

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Qwen3-VL."""
        return set(texts) == {QWEN3_VL.name}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What every third layer of Qwen3-VL makes of a prompt that it is to describe, side by side."""
        view = texts[QWEN3_VL.name].saying("language", kind=QWEN3_VL.name)
        layers = tuple(range(FIRST_LAYER, block_count(view.shapes, "layers"), EVERY))
        return load_language(contents, view, placement, LanguageStyle(TEMPLATE, layers, skipped=SKIPPED))

    def find_vae(self, contents: Contents) -> View | None:
        """The autoencoder of Wan."""
        return find_wan_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> WanAutoencoder:
        """The autoencoder of Wan."""
        return load_wan_autoencoder(view, placement)
