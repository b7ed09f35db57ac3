"""AuraFlow, read by Pile-T5, as files or as diffusers folders."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.sdxl import FORMAT
from nodes.diffusion.families.t5_text import PILE, is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import TextEncoder
from nodes.diffusion.weights.picture_transformers import new_aura_flow_transformer


def _attention(file: str, names: tuple[str, ...]) -> dict[str, str]:
    """The four matrices of an attention: name in the network -> name in the file."""
    return {f"attn.{name}": f"attn.{file}{letter}" for name, letter in zip(names, "qkvo", strict=True)}


def _feed_forward(name: str, file: str) -> dict[str, str]:
    inner = {"linear_1": "c_fc1", "linear_2": "c_fc2", "out_projection": "c_proj"}
    return {f"{name}.{layer}": f"{file}.{other}" for layer, other in inner.items()}


_OWN, _TEXT = ("to_q", "to_k", "to_v", "to_out.0"), ("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")
LAYOUT = Layout(
    outer={
        "register_tokens": "register_tokens",
        "time_step_proj.linear_1": "t_embedder.mlp.0",
        "time_step_proj.linear_2": "t_embedder.mlp.2",
        "context_embedder": "cond_seq_linear",
        "pos_embed.pos_embed": "positional_encoding",
        "pos_embed.proj": "init_x_linear",
        "norm_out.linear": "modF.1",
        "proj_out": "final_linear",
    },
    blocks={
        "joint_transformer_blocks": BlockLayout(
            "double_layers",
            {
                "norm1.linear": "modX.1",
                "norm1_context.linear": "modC.1",
                **_feed_forward("ff", "mlpX"),
                **_feed_forward("ff_context", "mlpC"),
                **_attention("w2", _OWN),
                **_attention("w1", _TEXT),
            },
        ),
        "single_transformer_blocks": BlockLayout(
            "single_layers", {"norm1.linear": "modCX.1", **_feed_forward("ff", "mlp"), **_attention("w1", _OWN)}
        ),
    },
    swapped=("norm_out.linear",),
)
HEAD_WIDTH = 256
SHIFT = 1.73
T5_SHORTEST = 256


class AuraFlowModel(FlowTransformer):
    """AuraFlow on its device."""

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Timesteps are 0..1.

        Raises:
            DiffusionError: the picture is larger than its table of places.
        """
        most = int(self.config["pos_embed_max_size"] ** 0.5) * self.patch
        if max(x.shape[-2:]) > most:
            side = most * self.latent_format.downscale
            raise DiffusionError(f"This AuraFlow draws up to {side} by {side} pixels; choose a smaller picture.")
        return self.network(x, context, timestep, return_dict=False)[0]


class AuraFlow(FlowFamily):
    """The family of AuraFlow by fal."""

    name = "aura_flow"
    title = "AuraFlow"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "AuraFlowTransformer2DModel"
    marks = ("double_layers.0.attn.w1q.weight", "cond_seq_linear.weight", "positional_encoding")
    layout_marks = ("joint_transformer_blocks.0.attn.add_q_proj.weight", "register_tokens", "pos_embed.pos_embed")

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell; heads are 256 numbers wide."""
        width, inputs = shapes["init_x_linear.weight"]
        return {
            "in_channels": inputs // 4,
            "out_channels": shapes["final_linear.weight"][0] // 4,
            "num_mmdit_layers": block_count(shapes, "double_layers"),
            "num_single_dit_layers": block_count(shapes, "single_layers"),
            "attention_head_dim": HEAD_WIDTH,
            "num_attention_heads": width // HEAD_WIDTH,
            "joint_attention_dim": shapes["cond_seq_linear.weight"][1],
            "caption_projection_dim": width,
            "pos_embed_max_size": shapes["positional_encoding"][1],
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of AuraFlow."""
        return new_aura_flow_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 1.73."""
        sampling = {"shift": SHIFT, "multiplier": 1.0}
        return AuraFlowModel(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Pile-T5 alone, whose every layer knows distances of its own."""
        return set(texts) == {"t5xxl"} and is_multilingual(texts["t5xxl"])

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """Pile-T5, to which what fills a short text up is nothing."""
        return load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST, masks=True, kind=PILE)
