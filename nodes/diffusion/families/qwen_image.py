"""Qwen-Image and its models for editing, which are shown pictures as further tokens, as files or as folders."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.language_text import QWEN25, find_language, load_language
from nodes.diffusion.families.layouts import SameLayout, block_count
from nodes.diffusion.families.references import references_of, shown
from nodes.diffusion.families.tokens import packed, unpacked
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
from nodes.diffusion.types import Start, TextEncoder
from nodes.diffusion.weights.picture_transformers import new_qwen_image_transformer

MARKS = ("transformer_blocks.0.img_mod.1.weight", "txt_norm.weight", "img_in.weight")
CLEAN_REFERENCES = "__index_timestep_zero__"
"""A key of files whose pictures to look at are told that they hold no noise."""
TEMPLATE = (
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)
SKIPPED = 34
"""Tokens of the template before the prompt."""
SHIFT = math.exp(1.15)


def qwen_rope_axes(head: int) -> tuple[int, int, int]:
    """How many numbers of an attention head tell index, row and column."""
    index = head // 8
    return index, (head - index) // 2, (head - index) // 2


def restore_positions(network: nn.Module, axes: Sequence[int]) -> None:
    """Compute the positions, which no file holds."""
    embedding = cast(Any, type(network.pos_embed))
    network.pos_embed = embedding(theta=10000, axes_dim=list(axes), scale_rope=True)


class QwenImageModel(FlowTransformer):
    """Qwen-Image on its device."""

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The pictures that it looks at."""
        return references_of(options, self.latent_format)

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1; each picture is one more frame of tokens."""
        rows, columns = (side // self.patch for side in x.shape[-2:])
        others = shown(told, self.patch, x.dtype)
        places = [(1, each.shape[-2] // self.patch, each.shape[-1] // self.patch) for each in (x, *others)]
        tokens = torch.cat([packed(each, self.patch) for each in (x, *others)], dim=1)
        steering = told["residuals"].filled_up(tokens.shape[1]) if "residuals" in told else None
        output = self.network(
            tokens,
            context,
            timestep=timestep,
            img_shapes=[places] * len(x),
            controlnet_block_samples=steering.blocks if steering else None,
            return_dict=False,
        )[0]
        return unpacked(output[:, : rows * columns], rows, columns, self.patch)


class QwenImage(FlowFamily):
    """The family of Qwen-Image by Alibaba."""

    name = "qwen_image"
    title = "Qwen-Image"
    latent_format = PICTURES
    layout = SameLayout()
    pipeline = "QwenImageTransformer2DModel"
    marks = MARKS
    layout_marks = MARKS
    foreign = ("time_text_embed.addition_t_embedding.weight", "txt_in.text_norm.weight")

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer; a mark without a weight becomes a setting."""
        view = super().find(contents)
        if view is None or CLEAN_REFERENCES not in view.shapes:
            return view
        return view.without(CLEAN_REFERENCES).saying("transformer", zero_cond_t=True)

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["img_in.weight"]
        (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
        return {
            "in_channels": channels,
            "out_channels": shapes["proj_out.weight"][0] // 4,
            "num_layers": block_count(shapes, "transformer_blocks"),
            "attention_head_dim": head,
            "num_attention_heads": width // head,
            "joint_attention_dim": shapes["txt_in.weight"][1],
            "axes_dims_rope": qwen_rope_axes(head),
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Qwen-Image."""
        return new_qwen_image_transformer(config)

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:
        """Compute the positions."""
        restore_positions(network, config.get("axes_dims_rope", (16, 56, 56)))

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by e to the 1.15."""
        sampling = {"shift": SHIFT, "multiplier": 1.0, "timesteps": 10_000}
        return QwenImageModel(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model."""
        return find_language(contents)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Qwen2.5-VL, of which the part that sees is left out."""
        return set(texts) == {QWEN25.name}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What Qwen2.5 makes of a prompt that it is to describe."""
        style = LanguageStyle(TEMPLATE, is_normed=True, skipped=SKIPPED)
        return load_language(contents, texts[QWEN25.name], placement, style)

    def find_vae(self, contents: Contents) -> View | None:
        """The autoencoder of Wan."""
        return find_wan_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> WanAutoencoder:
        """The autoencoder of Wan."""
        return load_wan_autoencoder(view, placement)
