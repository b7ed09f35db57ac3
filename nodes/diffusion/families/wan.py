"""Wan 2.1 and 2.2: videos from texts, read by the multilingual T5, as files or as diffusers folders."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.t5_text import is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.wan_autoencoder import VIDEOS, WanAutoencoder, find_wan_autoencoder, load_wan_autoencoder
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.libraries import new_wan_transformer
from nodes.diffusion.memory import Placement
from nodes.diffusion.types import TextEncoder

_ATTENTION = {"to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "o", "norm_q": "norm_q", "norm_k": "norm_k"}
LAYOUT = Layout(
    outer={
        "patch_embedding": "patch_embedding",
        "condition_embedder.time_embedder.linear_1": "time_embedding.0",
        "condition_embedder.time_embedder.linear_2": "time_embedding.2",
        "condition_embedder.time_proj": "time_projection.1",
        "condition_embedder.text_embedder.linear_1": "text_embedding.0",
        "condition_embedder.text_embedder.linear_2": "text_embedding.2",
        "scale_shift_table": "head.modulation",
        "proj_out": "head.head",
    },
    blocks={
        "blocks": BlockLayout(
            "blocks",
            {
                **{f"attn1.{key}": f"self_attn.{name}" for key, name in _ATTENTION.items()},
                **{f"attn2.{key}": f"cross_attn.{name}" for key, name in _ATTENTION.items()},
                "norm2": "norm3",
                "ffn.net.0.proj": "ffn.0",
                "ffn.net.2": "ffn.2",
                "scale_shift_table": "modulation",
            },
        )
    },
)
HEAD_WIDTH = 128
T5_SHORTEST = 512
CHANNELS = 16


class WanModel(FlowTransformer):
    """Wan on its device; latents have frames."""

    repeats_text = True

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["text_dim"])

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Timesteps are 0..1000."""
        return self.network(x, timestep, context, return_dict=False)[0]


class Wan(FlowFamily):
    """The family of Wan by Alibaba, as far as it makes videos from texts."""

    name = "wan"
    title = "Wan from texts"
    latent_format = VIDEOS
    layout = LAYOUT
    pipeline = "WanTransformer3DModel"
    marks = ("head.modulation", "blocks.0.self_attn.q.weight", "text_embedding.0.weight", "patch_embedding.weight")
    layout_marks = (
        "condition_embedder.text_embedder.linear_1.weight",
        "blocks.0.attn1.to_q.weight",
        "blocks.0.scale_shift_table",
        "patch_embedding.weight",
    )
    foreign = (
        "img_emb.proj.0.weight",
        "condition_embedder.image_embedder.norm1.weight",
        "vace_patch_embedding.weight",
        "face_adapter.fuser_blocks.0.linear1_q.weight",
        "control_adapter.conv.weight",
        "ref_conv.weight",
    )

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer, if it takes nothing besides the noisy latent."""
        view = super().find(contents)
        is_plain = view is not None and view.shapes.get("patch_embedding.weight", (0, 0))[1] == CHANNELS
        return view if is_plain else None

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell; heads are 128 numbers wide."""
        width, channels = shapes["patch_embedding.weight"][:2]
        return {
            "in_channels": channels,
            "out_channels": shapes["head.head.weight"][0] // 4,
            "attention_head_dim": HEAD_WIDTH,
            "num_attention_heads": width // HEAD_WIDTH,
            "num_layers": block_count(shapes, "blocks"),
            "ffn_dim": shapes["blocks.0.ffn.0.weight"][0],
            "text_dim": shapes["text_embedding.0.weight"][1],
            "freq_dim": shapes["time_embedding.0.weight"][1],
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Wan."""
        return new_wan_transformer(config)

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:
        """Compute the positions."""
        built = network.config
        sizes = built["attention_head_dim"], built["patch_size"], built["rope_max_seq_len"]  # type: ignore[index]  # of diffusers
        network.rope = type(network.rope)(*sizes)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 8."""
        return WanModel(network, names, self.latent_format, placement.device, placement.dtype, sampling={"shift": 8.0})

    def reads(self, texts: Mapping[str, View]) -> bool:
        """The multilingual T5 alone."""
        return set(texts) == {"t5xxl"} and is_multilingual(texts["t5xxl"])

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """T5, to which what fills a short text up is nothing."""
        return load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST, masks=True)

    def find_vae(self, contents: Contents) -> View | None:
        """Its autoencoder."""
        return find_wan_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> WanAutoencoder:
        """Its autoencoder."""
        return load_wan_autoencoder(view, placement)
