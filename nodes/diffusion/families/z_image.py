"""Z-Image: a transformer in which text and picture are one row of tokens, read by Qwen3, as files or as folders.

Its kind Omni looks at pictures too: each stands among the words, as the autoencoder and as SigLIP see it.
"""

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flux import FORMAT
from nodes.diffusion.families.language_text import QWEN3, find_language, load_language
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.references import references_of, shown
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import Start, TextEncoder
from nodes.diffusion.vision.encoder import Seen
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
_OUTER = (
    *("t_embedder.mlp.0", "t_embedder.mlp.2", "cap_embedder.0", "cap_embedder.1", "x_pad_token", "cap_pad_token"),
    *("siglip_embedder.0", "siglip_embedder.1", "siglip_pad_token"),
)
_BLOCKS = ("layers", "noise_refiner", "context_refiner", "siglip_refiner")
LAYOUT = Layout(
    outer={
        "all_x_embedder.2-1": "x_embedder",
        "all_final_layer.2-1.linear": "final_layer.linear",
        "all_final_layer.2-1.adaLN_modulation.1": "final_layer.adaLN_modulation.1",
        **{name: name for name in _OUTER},
    },
    blocks={name: BlockLayout(name, _LAYERS, _FUSED) for name in _BLOCKS},
)
TEMPLATE = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
WORDS, SEEN = "reference_latents_text_embeds", "clip_vision_outputs"
"""The options of a conditioning that hold the words around pictures, and what SigLIP sees of each."""
_AROUND, _SEEN = "words around {}", "seen {}"
"""What the model is told them under, by number."""


class ZImageModel(FlowTransformer):
    """Z-Image on its device."""

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["cap_feat_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The pictures that it looks at, with the words around them; nothing without such words."""
        if not options.get(WORDS):
            return {}
        told = references_of(options, self.latent_format)
        told |= {_AROUND.format(number): words.float() for number, words in enumerate(options[WORDS])}
        if self.config["siglip_feat_dim"] is not None:
            told |= {_SEEN.format(number): _squared(each) for number, each in enumerate(options.get(SEEN) or ())}
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Its time runs from noise to picture, and so does its output."""
        pictures = list(x.unsqueeze(2).unbind(0))
        others = shown(told, self.patch, x.dtype)
        if others:
            output = self._among(pictures, others, 1 - timestep, context, told)
        else:
            output = self.network(pictures, 1 - timestep, list(context.unbind(0)), return_dict=False)[0]
        return -torch.stack(list(output)).squeeze(2)

    def _among(
        self,
        pictures: list[Tensor],
        others: list[Tensor],
        time: Tensor,
        context: Tensor,
        told: Mapping[str, Any],
    ) -> list[Tensor]:
        """The output where pictures stand among words: words, picture, words, …, the picture that is drawn, words."""
        around, seen = (
            [told[name.format(number)].to(context) for number in range(len(told)) if name.format(number) in told]
            for name in (_AROUND, _SEEN)
        )
        rows = range(len(pictures))
        output: list[Tensor] = self.network(
            [[*(each[row].unsqueeze(1) for each in others), pictures[row]] for row in rows],
            time,
            [[*(each[row] for each in around[:-1]), context[row], around[-1][row]] for row in rows],
            siglip_feats=[[*(each[row] for each in seen), None] if seen else None for row in rows],
            image_noise_mask=[[0] * len(others) + [1] for _ in rows],
            return_dict=False,
        )[0]
        return output


class ZImage(FlowFamily):
    """The family of Z-Image by Tongyi."""

    name = "z_image"
    title = "Z-Image"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "ZImageTransformer2DModel"
    marks = ("layers.0.adaLN_modulation.0.weight", "layers.0.attention.qkv.weight", "cap_embedder.1.weight")
    layout_marks = ("layers.0.adaLN_modulation.0.weight", "layers.0.attention.to_q.weight", "cap_embedder.1.weight")
    foreign = ("control_layers.0.adaLN_modulation.0.weight",)
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
            "siglip_feat_dim": shapes["siglip_embedder.1.weight"][1] if "siglip_embedder.1.weight" in shapes else None,
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


def _squared(seen: Seen) -> Tensor:
    """What SigLIP sees of a square picture (1, rows, columns, width)."""
    tokens = seen.last_hidden_state[:1]
    side = isqrt(tokens.shape[1])
    return tokens[:, : side**2].reshape(1, side, side, tokens.shape[-1])
