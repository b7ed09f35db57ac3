"""Flux.2: dev, read by Mistral, and klein, read by Qwen3, as files or as diffusers folders."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flux2_autoencoder import (
    FORMAT,
    Flux2Autoencoder,
    find_flux2_autoencoder,
    load_flux2_autoencoder,
)
from nodes.diffusion.families.flux_layout import HEAD
from nodes.diffusion.families.flux_layout import LAYOUT as FLUX
from nodes.diffusion.families.language_text import MISTRAL, QWEN3, find_language, load_language
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.references import references_of, shown
from nodes.diffusion.families.tokens import packed, unpacked
from nodes.diffusion.families.transformer_models import GUIDANCE, FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import Start, TextEncoder
from nodes.diffusion.weights.picture_transformers import new_flux2_transformer

_TIMES = ("time", "guidance")
_MODULATIONS = ("double_stream_modulation_img", "double_stream_modulation_txt", "single_stream_modulation")
_DOUBLE = {
    name: value
    for name, value in FLUX.blocks["transformer_blocks"].layers.items()
    if not name.startswith(("norm1", "ff"))
}
LAYOUT = Layout(
    outer={
        "x_embedder": "img_in",
        "context_embedder": "txt_in",
        **{
            f"time_guidance_embed.{'timestep' if name == 'time' else name}_embedder.linear_{i}": f"{name}_in.{part}"
            for name in _TIMES
            for i, part in ((1, "in_layer"), (2, "out_layer"))
        },
        **{f"{name}.linear": f"{name}.lin" for name in _MODULATIONS},
        "norm_out.linear": "final_layer.adaLN_modulation.1",
        "proj_out": "final_layer.linear",
    },
    blocks={
        "transformer_blocks": BlockLayout(
            "double_blocks",
            {
                **_DOUBLE,
                "ff.linear_in": "img_mlp.0",
                "ff.linear_out": "img_mlp.2",
                "ff_context.linear_in": "txt_mlp.0",
                "ff_context.linear_out": "txt_mlp.2",
            },
            FLUX.blocks["transformer_blocks"].fused,
        ),
        "single_transformer_blocks": BlockLayout(
            "single_blocks",
            {
                "attn.to_qkv_mlp_proj": "linear1",
                "attn.to_out": "linear2",
                "attn.norm_q.weight": "norm.query_norm.scale",
                "attn.norm_k.weight": "norm.key_norm.scale",
            },
        ),
    },
    swapped=("norm_out.linear",),
)
SHIFT = math.exp(2.02)
LENGTH = 512
"""Tokens of a text."""
REFERENCE_TIME = 10
"""How far pictures to look at are from the one that is drawn, and from each other."""
QWEN_PAD = "<|endoftext|>"
MISTRAL_STYLE = LanguageStyle(
    "<s>[SYSTEM_PROMPT]You are an AI that reasons about image descriptions. You give structured responses focusing on "
    "object relationships, object\nattribution and actions without speculation.[/SYSTEM_PROMPT][INST]{}[/INST]",
    layers=(10, 20, 30),
    length=LENGTH,
)
QWEN_STYLE = LanguageStyle(
    "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    layers=(9, 18, 27),
    length=LENGTH,
    pad=QWEN_PAD,
)


class Flux2Model(FlowTransformer):
    """Flux.2 on its device."""

    patch = 1

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """How closely to follow the text, where it was distilled so, and the pictures that it looks at."""
        told = references_of(options, self.latent_format)
        if self.config["guidance_embeds"]:
            told["guidance"] = torch.tensor([float(options.get("guidance") or GUIDANCE)])
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Timesteps are 0..1; every cell of the latent is a token."""
        rows, columns = x.shape[-2:]
        others = shown(told, self.patch, x.dtype)
        places = [
            _cells(each.shape[-2], each.shape[-1], REFERENCE_TIME * i, x.device) for i, each in enumerate((x, *others))
        ]
        words = torch.zeros(context.shape[1], 4, device=x.device)
        words[:, 3] = torch.arange(context.shape[1], device=x.device)
        output = self.network(
            torch.cat([packed(each, self.patch) for each in (x, *others)], dim=1),
            context,
            timestep,
            img_ids=torch.cat(places),
            txt_ids=words,
            guidance=told.get("guidance"),
            return_dict=False,
        )[0]
        return unpacked(output[:, : rows * columns], rows, columns, self.patch)


def _cells(rows: int, columns: int, time: int, device: torch.device) -> Tensor:
    """Time, row, column and 0 of each token (rows * columns, 4)."""
    grid = torch.zeros(rows, columns, 4, device=device)
    grid[..., 0] = time
    grid[..., 1] = torch.arange(rows, device=device)[:, None]
    grid[..., 2] = torch.arange(columns, device=device)[None, :]
    return grid.reshape(-1, 4)


class Flux2(FlowFamily):
    """The family of Flux.2 by Black Forest Labs."""

    name = "flux2"
    title = "Flux.2"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "Flux2Transformer2DModel"
    marks = ("single_stream_modulation.lin.weight", HEAD, "single_blocks.0.linear1.weight")
    layout_marks = (
        "single_stream_modulation.linear.weight",
        "single_transformer_blocks.0.attn.to_qkv_mlp_proj.weight",
        "transformer_blocks.0.attn.add_q_proj.weight",
    )

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["img_in.weight"]
        (head,) = shapes[HEAD]
        return {
            "in_channels": channels,
            "num_layers": block_count(shapes, "double_blocks"),
            "num_single_layers": block_count(shapes, "single_blocks"),
            "attention_head_dim": head,
            "num_attention_heads": width // head,
            "joint_attention_dim": shapes["txt_in.weight"][1],
            "timestep_guidance_channels": shapes["time_in.in_layer.weight"][1],
            "mlp_ratio": shapes["double_blocks.0.img_mlp.0.weight"][0] / 2 / width,
            "axes_dims_rope": (head // 4,) * 4,
            "guidance_embeds": "guidance_in.in_layer.weight" in shapes,
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Flux.2."""
        return new_flux2_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by e to the 2.02."""
        sampling = {"shift": SHIFT, "multiplier": 1.0, "timesteps": 10_000}
        return Flux2Model(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model."""
        return find_language(contents)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Mistral or Qwen3."""
        return set(texts) in ({MISTRAL.name}, {QWEN3.name})

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What three layers make of the prompt, side by side."""
        ((name, view),) = texts.items()
        style = MISTRAL_STYLE if name == MISTRAL.name else QWEN_STYLE
        return load_language(contents, view, placement, style)

    def find_vae(self, contents: Contents) -> View | None:
        """Its autoencoder."""
        return find_flux2_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> Flux2Autoencoder:
        """Its autoencoder."""
        return load_flux2_autoencoder(view, placement)
