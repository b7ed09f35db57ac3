"""Z-Image: a transformer in which text and picture are one row of tokens, read by Qwen3, as files or as folders."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flux import FORMAT
from nodes.diffusion.families.language_text import QWEN3, find_language, load_language
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import TextEncoder
from nodes.diffusion.weights.picture_transformers import new_z_image_transformer

_SAME = (
    "feed_forward.w1",
    "feed_forward.w2",
    "feed_forward.w3",
    "attention_norm1",
    "attention_norm2",
    "ffn_norm1",
    "ffn_norm2",
    "adaLN_modulation.0",
)
_LAYERS = {
    "attention.to_out.0": "attention.out",
    "attention.norm_q": "attention.q_norm",
    "attention.norm_k": "attention.k_norm",
    **{name: name for name in _SAME},
}
_FUSED = {"attention.qkv": ("attention.to_q", "attention.to_k", "attention.to_v")}
_OUTER = ("t_embedder.mlp.0", "t_embedder.mlp.2", "cap_embedder.0", "cap_embedder.1", "x_pad_token", "cap_pad_token")
LAYOUT = Layout(
    outer={
        "all_x_embedder.2-1": "x_embedder",
        "all_final_layer.2-1.linear": "final_layer.linear",
        "all_final_layer.2-1.adaLN_modulation.1": "final_layer.adaLN_modulation.1",
        **{name: name for name in _OUTER},
    },
    blocks={name: BlockLayout(name, _LAYERS, _FUSED) for name in ("layers", "noise_refiner", "context_refiner")},
)
TEMPLATE = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"


class ZImageModel(FlowTransformer):
    """Z-Image on its device."""

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["cap_feat_dim"])

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Its time runs from noise to picture, and so does its output."""
        pictures = list(x.unsqueeze(2).unbind(0))
        output = self.network(pictures, 1 - timestep, list(context.unbind(0)), return_dict=False)[0]
        return -torch.stack(list(output)).squeeze(2)


class ZImage(FlowFamily):
    """The family of Z-Image by Tongyi."""

    name = "z_image"
    title = "Z-Image"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "ZImageTransformer2DModel"
    marks = ("layers.0.adaLN_modulation.0.weight", "layers.0.attention.qkv.weight", "cap_embedder.1.weight")
    layout_marks = ("layers.0.adaLN_modulation.0.weight", "layers.0.attention.to_q.weight", "cap_embedder.1.weight")
    foreign = ("siglip_embedder.0.weight", "control_layers.0.adaLN_modulation.0.weight")
    beside = ("norm_final.",)

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, text = shapes["cap_embedder.1.weight"]
        (head,) = shapes["layers.0.attention.q_norm.weight"]
        rows = head // 8 * 3
        return {
            "in_channels": shapes["x_embedder.weight"][1] // 4,
            "dim": width,
            "n_layers": block_count(shapes, "layers"),
            "n_refiner_layers": block_count(shapes, "noise_refiner"),
            "n_heads": width // head,
            "n_kv_heads": width // head,
            "cap_feat_dim": text,
            "axes_dims": [head - 2 * rows, rows, rows],
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Z-Image."""
        return new_z_image_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 3."""
        sampling = {"shift": 3.0, "multiplier": 1.0}
        return ZImageModel(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model."""
        return find_language(contents)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Qwen3."""
        return set(texts) == {QWEN3.name}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What the last layer but one of Qwen3 makes of a question."""
        return load_language(contents, texts[QWEN3.name], placement, LanguageStyle(TEMPLATE, (-2,)))
