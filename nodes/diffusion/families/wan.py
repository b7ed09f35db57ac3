"""Wan 2.1 and 2.2: videos from texts and from a picture, read by the multilingual T5, as files or diffusers folders."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.t5_text import is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.wan_autoencoder import VIDEOS, WanAutoencoder, find_wan_autoencoder, load_wan_autoencoder
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Start, TextEncoder
from nodes.diffusion.weights.libraries import new_wan_transformer

_ATTENTION = {"to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "o", "norm_q": "norm_q", "norm_k": "norm_k"}
LAYOUT = Layout(
    outer={
        "patch_embedding": "patch_embedding",
        "condition_embedder.time_embedder.linear_1": "time_embedding.0",
        "condition_embedder.time_embedder.linear_2": "time_embedding.2",
        "condition_embedder.time_proj": "time_projection.1",
        "condition_embedder.text_embedder.linear_1": "text_embedding.0",
        "condition_embedder.text_embedder.linear_2": "text_embedding.2",
        "condition_embedder.image_embedder.norm1": "img_emb.proj.0",
        "condition_embedder.image_embedder.ff.net.0.proj": "img_emb.proj.1",
        "condition_embedder.image_embedder.ff.net.2": "img_emb.proj.3",
        "condition_embedder.image_embedder.norm2": "img_emb.proj.4",
        "scale_shift_table": "head.modulation",
        "proj_out": "head.head",
    },
    blocks={
        "blocks": BlockLayout(
            "blocks",
            {
                **{f"attn1.{key}": f"self_attn.{name}" for key, name in _ATTENTION.items()},
                **{f"attn2.{key}": f"cross_attn.{name}" for key, name in _ATTENTION.items()},
                "attn2.add_k_proj": "cross_attn.k_img",
                "attn2.add_v_proj": "cross_attn.v_img",
                "attn2.norm_added_k": "cross_attn.norm_k_img",
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
CHANNELS, MASKS = 16, 4
"""Of a latent, and of the mask beside it: one for each of the frames that a latent frame holds."""


class WanModel(FlowTransformer):
    """Wan on its device; latents have frames."""

    repeats_text = True

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["text_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The frames that are given, and what CLIP sees in the first, for models that start from a picture."""
        told = {}
        if self.config["in_channels"] > CHANNELS:
            told["overlay"] = given_frames(options, start, self.latent_format)
        if self.config["image_dim"] is not None:
            seen = options.get("clip_vision_output")
            if seen is None:
                raise DiffusionError(
                    "The model must know what CLIP sees in the first frame: connect CLIPVisionEncode to "
                    "clip_vision_output of WanImageToVideo."
                )
            told["seen"] = seen.penultimate_hidden_states[:1]
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1000."""
        if "seen" not in told:
            return self.network(x, timestep, context, return_dict=False)[0]
        # The network takes the last 512 tokens for the text.
        text = functional.pad(context[:, :T5_SHORTEST], (0, 0, 0, max(0, T5_SHORTEST - context.shape[1])))
        return self.network(x, timestep, text, told["seen"].to(self.dtype), return_dict=False)[0]


def given_frames(options: Mapping[str, Any], start: Start, latent_format: LatentFormat) -> Tensor:
    """What a model that starts from a picture sees beside the noisy latent: which frames are given, and those frames.

    Args:
        options: of the conditioning: `concat_latent_image` as the autoencoder gives it, and `concat_mask`, 1 where a
            frame is made; without them nothing is given.
        start: what the run starts from.
        latent_format: of the model.

    Returns:
        (batch, 20, frames, height, width)
    """
    like = start.latent[:1]
    picture, mask = options.get("concat_latent_image"), options.get("concat_mask")
    if picture is None or mask is None:
        return torch.zeros_like(start.latent[:1, :1]).expand(-1, MASKS + CHANNELS, -1, -1, -1)
    seen = latent_format.to_network(_fitted(picture, like))
    given = 1.0 - _fitted(mask, like, "nearest")
    return torch.cat([given.expand(-1, MASKS, -1, -1, -1), seen], dim=1)


def _fitted(video: Tensor, like: Tensor, mode: str = "trilinear") -> Tensor:
    """Of the first of a batch, as many frames of the size that a latent has."""
    video = video[:1].float()
    return video if video.shape[2:] == like.shape[2:] else functional.interpolate(video, like.shape[2:], mode=mode)


class Wan(FlowFamily):
    """The family of Wan by Alibaba, as far as it makes videos from texts, or from a text and a picture."""

    name = "wan"
    title = "Wan"
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
        "img_emb.emb_pos",
        "condition_embedder.image_embedder.pos_embed",
        "vace_patch_embedding.weight",
        "face_adapter.fuser_blocks.0.linear1_q.weight",
        "control_adapter.conv.weight",
        "ref_conv.weight",
    )

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer, if it takes the noisy latent alone, or given frames beside it."""
        view = super().find(contents)
        known = (CHANNELS, 2 * CHANNELS + MASKS)
        return view if view is not None and view.shapes.get("patch_embedding.weight", (0, 0))[1] in known else None

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell; heads are 128 numbers wide."""
        width, channels = shapes["patch_embedding.weight"][:2]
        seen = shapes.get("img_emb.proj.0.weight")
        return {
            "image_dim": seen[0] if seen else None,
            "added_kv_proj_dim": width if seen else None,
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
