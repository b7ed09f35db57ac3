"""Lumina 2: text and picture are one row of tokens; read by Gemma 2, as files or as diffusers folders."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flux import FORMAT
from nodes.diffusion.families.language_text import GEMMA2, find_language, load_language
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import TextEncoder
from nodes.diffusion.weights.picture_transformers import new_lumina2_transformer

_PLAIN = {
    "feed_forward.linear_1": "feed_forward.w1",
    "feed_forward.linear_2": "feed_forward.w2",
    "feed_forward.linear_3": "feed_forward.w3",
    "attn.to_out.0": "attention.out",
    "attn.norm_q": "attention.q_norm",
    "attn.norm_k": "attention.k_norm",
    "norm2": "attention_norm2",
    "ffn_norm1": "ffn_norm1",
    "ffn_norm2": "ffn_norm2",
}
_TOLD = {"norm1.norm": "attention_norm1", "norm1.linear": "adaLN_modulation.1", **_PLAIN}
"""Blocks that are told the time; those of the text are not."""
_FUSED = {"attention.qkv": ("attn.to_q", "attn.to_k", "attn.to_v")}
LAYOUT = Layout(
    outer={
        "x_embedder": "x_embedder",
        "time_caption_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
        "time_caption_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
        "time_caption_embed.caption_embedder.0": "cap_embedder.0",
        "time_caption_embed.caption_embedder.1": "cap_embedder.1",
        "norm_out.linear_1": "final_layer.adaLN_modulation.1",
        "norm_out.linear_2": "final_layer.linear",
    },
    blocks={
        "layers": BlockLayout("layers", _TOLD, _FUSED),
        "noise_refiner": BlockLayout("noise_refiner", _TOLD, _FUSED),
        "context_refiner": BlockLayout("context_refiner", {"norm1": "attention_norm1", **_PLAIN}, _FUSED),
    },
)
HEAD = "layers.0.attention.q_norm.weight"
"""The weight whose length is the width of an attention head."""
PLACES = (4096, 1024, 1024)
"""Tokens of a text, rows and columns that places are known for: more than it was trained with."""
STYLE = LanguageStyle("<bos>{}", (-2,), is_weighed=True)
SHIFT = 6.0


class Lumina2Model(FlowTransformer):
    """Lumina 2 on its device."""

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["cap_feat_dim"])

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Its time runs from noise to picture, and so does its output.

        Raises:
            DiffusionError: the text or the picture is larger than it knows places for.
        """
        sizes = (context.shape[1], *(side // self.patch for side in x.shape[-2:]))
        if any(size > most for size, most in zip(sizes, PLACES, strict=True)):
            raise DiffusionError(
                f"Lumina 2 was given {sizes[0]} tokens of text and a picture of {sizes[1]} by {sizes[2]} tokens; it "
                f"knows places for {PLACES[0]}, and for {PLACES[1]} by {PLACES[2]}. Write less, or draw smaller."
            )
        seen = torch.ones(context.shape[:2], dtype=torch.long, device=x.device)
        return -self.network(x, 1 - timestep, context, seen, return_dict=False)[0]


class Lumina2(FlowFamily):
    """The family of Lumina Image 2.0 by Alpha-VLLM (Qin et al., 2025), such as NetaYume."""

    name = "lumina2"
    title = "Lumina 2"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "Lumina2Transformer2DModel"
    marks = ("layers.0.adaLN_modulation.1.weight", "layers.0.attention.qkv.weight", "cap_embedder.1.weight")
    layout_marks = (
        "layers.0.norm1.linear.weight",
        "layers.0.attn.to_q.weight",
        "time_caption_embed.caption_embedder.1.weight",
    )
    foreign = ("clip_text_pooled_proj.0.weight", "ref_image_patch_embedder.weight")
    beside = ("norm_final.",)

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, text = shapes["cap_embedder.1.weight"]
        (head,) = shapes[HEAD]
        heads = width // head
        return {
            "in_channels": shapes["x_embedder.weight"][1] // 4,
            "hidden_size": width,
            "num_layers": block_count(shapes, "layers"),
            "num_refiner_layers": block_count(shapes, "noise_refiner"),
            "num_attention_heads": heads,
            "num_kv_heads": (shapes["layers.0.attention.qkv.weight"][0] // head - heads) // 2,
            "axes_dim_rope": (head // 3,) * 3,
            "cap_feat_dim": text,
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Lumina 2."""
        return new_lumina2_transformer(config)

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:
        """Compute the places."""
        axes = list(config.get("axes_dim_rope", (32, 32, 32)))
        network.rope_embedder = cast(Any, type(network.rope_embedder))(10000, axes, PLACES)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 6."""
        sampling = {"shift": SHIFT, "multiplier": 1.0}
        return Lumina2Model(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model."""
        return find_language(contents)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Gemma 2."""
        return set(texts) == {GEMMA2.name}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What the last layer but one of Gemma 2 makes of the prompt as it stands."""
        return load_language(contents, texts[GEMMA2.name], placement, STYLE)
