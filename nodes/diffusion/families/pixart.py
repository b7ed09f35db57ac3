"""PixArt: alpha and Sigma, as files or as diffusers folders; a transformer that reads T5 and predicts the noise.

Chen et al., 2023, "PixArt-α: Fast Training of Diffusion Transformer for Photorealistic Text-to-Image Synthesis"; Chen
et al., 2024, "PixArt-Σ: Weak-to-Strong Training of Diffusion Transformer for 4K Text-to-Image Generation".
"""

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nodes.diffusion.families import sd1, sdxl
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.t5_text import is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Prediction, Start, TextEncoder
from nodes.diffusion.weights.libraries import new_pixart_transformer, pixart_places

HEADS = 16
PATCH = 2
T5_SHORTEST = 1
SIZE = "adaln_single.emb.resolution_embedder.linear_1.weight"
"""A weight of what is told the size of the picture; alpha for 1024 pixels has it."""
PLACES, NOTHING = "pos_embed", "y_embedder.y_embedding"
"""What original files hold besides: places of the pixels, which follow from the size, and the text of nothing."""
ALPHA_TOKENS = 120
"""Tokens of the text of nothing in alpha; Sigma has 300."""
CELLS = 64
"""Cells along the pictures of 512 pixels, whose places are one apart."""
SCHEDULE: Mapping[str, Any] = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}

_TIMES = {
    f"adaln_single.emb.{ours}_embedder.linear_{layer}": f"{theirs}_embedder.mlp.{place}"
    for ours, theirs in (("timestep", "t"), ("resolution", "csize"), ("aspect_ratio", "ar"))
    for layer, place in ((1, 0), (2, 2))
}
LAYOUT = Layout(
    outer={
        "pos_embed.proj": "x_embedder.proj",
        "caption_projection.linear_1": "y_embedder.y_proj.fc1",
        "caption_projection.linear_2": "y_embedder.y_proj.fc2",
        "adaln_single.linear": "t_block.1",
        "proj_out": "final_layer.linear",
        "scale_shift_table": "final_layer.scale_shift_table",
        **_TIMES,
    },
    blocks={
        "transformer_blocks": BlockLayout(
            "blocks",
            {
                "scale_shift_table": "scale_shift_table",
                "attn1.to_out.0": "attn.proj",
                "attn2.to_q": "cross_attn.q_linear",
                "attn2.to_out.0": "cross_attn.proj",
                "ff.net.0.proj": "mlp.fc1",
                "ff.net.2": "mlp.fc2",
            },
            {
                "attn.qkv": ("attn1.to_q", "attn1.to_k", "attn1.to_v"),
                "cross_attn.kv_linear": ("attn2.to_k", "attn2.to_v"),
            },
        )
    },
)


class PixArtModel(FlowTransformer):
    """PixArt on its device; it predicts the noise, and how sure it is, which nobody asks for."""

    repeats_text = True

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["caption_channels"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The size of the picture, where the model is told it: what the conditioning says, or else its own."""
        if SIZE not in self.names:
            return {}
        sides = [side * self.latent_format.downscale for side in start.latent.shape[-2:]]
        height, width = (float(options.get(name, side)) for name, side in zip(("height", "width"), sides, strict=True))
        return {"resolution": torch.tensor([[height, width]]), "aspect_ratio": torch.tensor([[height / width]])}

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..999."""
        output: Tensor = self.network(
            x,
            encoder_hidden_states=context,
            timestep=timestep,
            added_cond_kwargs={name: told.get(name) for name in ("resolution", "aspect_ratio")},
            return_dict=False,
        )[0]
        return output[:, : self.latent_format.channels]


class PixArtSigma(FlowFamily):
    """The family of PixArt-Σ, on latents of Stable Diffusion XL."""

    name = "pixart_sigma"
    title = "PixArt-Σ"
    latent_format: LatentFormat = sdxl.FORMAT
    layout = LAYOUT
    pipeline = "PixArtTransformer2DModel"
    marks = ("t_block.1.weight", "y_embedder.y_proj.fc1.weight", "blocks.0.cross_attn.kv_linear.weight")
    layout_marks = (
        "adaln_single.linear.weight",
        "caption_projection.linear_1.weight",
        "pos_embed.proj.weight",
        "transformer_blocks.0.attn2.to_k.weight",
    )
    prediction: ClassVar[Prediction] = "epsilon"
    is_alpha: ClassVar[bool] = False

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer; what original files hold besides becomes what their header says."""
        view = super().find(contents)
        if view is None or _is_alpha(contents, view) != self.is_alpha:
            return None
        if PLACES not in view.shapes and NOTHING not in view.shapes:
            return view
        cells = PATCH * isqrt(view.shapes[PLACES][1]) if PLACES in view.shapes else 2 * CELLS
        held = {key: shape for key, shape in view.shapes.items() if key not in (PLACES, NOTHING)}
        return replace(view.saying("transformer", sample_size=cells), shapes=held)

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["x_embedder.proj.weight"][:2]
        return {
            "num_attention_heads": HEADS,
            "attention_head_dim": width // HEADS,
            "in_channels": channels,
            "out_channels": shapes["final_layer.linear.weight"][0] // PATCH**2,
            "patch_size": PATCH,
            "num_layers": block_count(shapes, "blocks"),
            "cross_attention_dim": shapes["blocks.0.cross_attn.kv_linear.weight"][1],
            "caption_channels": shapes["y_embedder.y_proj.fc1.weight"][1],
            "use_additional_conditions": "csize_embedder.mlp.0.weight" in shapes,
            "sample_size": 2 * CELLS,
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of PixArt."""
        return new_pixart_transformer({"interpolation_scale": config["sample_size"] / CELLS, **config})

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:
        """Number the places of the pixels."""
        network.pos_embed.pos_embed = pixart_places(network)  # type: ignore[union-attr]  # a PatchEmbed

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> PixArtModel:
        """Trained along a line of variances."""
        return PixArtModel(
            network,
            names,
            self.latent_format,
            placement.device,
            placement.dtype,
            prediction=self.prediction,
            betas=betas_of(SCHEDULE),
        )

    def reads(self, texts: Mapping[str, View]) -> bool:
        """T5 alone."""
        return set(texts) == {"t5xxl"} and not is_multilingual(texts["t5xxl"])

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """T5, as long as the text is."""
        return load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST)


class PixArtAlpha(PixArtSigma):
    """The family of PixArt-α, on latents of Stable Diffusion 1.x; for 1024 pixels it is told the size."""

    name = "pixart_alpha"
    title = "PixArt-α"
    latent_format = sd1.FORMAT
    is_alpha = True


def _is_alpha(contents: Contents, view: View) -> bool:
    """Whether it is told sizes, or was trained with short texts; a folder says how large its latents are."""
    if view.config and not isinstance(contents, SingleFile):
        scale = contents.part("vae").config.get("scaling_factor", sdxl.FORMAT.scale)  # type: ignore[union-attr]  # a folder
        return bool(scale == sd1.FORMAT.scale)
    is_told = "csize_embedder.mlp.0.weight" in view.shapes or SIZE in view.shapes
    return is_told or view.shapes.get(NOTHING, (0,))[0] == ALPHA_TOKENS
