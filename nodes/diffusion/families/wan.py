"""Wan 2.1 and 2.2: videos from texts, pictures and videos, read by the multilingual T5, as files or as folders."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from nodes.diffusion.families.contents import Contents, ModelFolder, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.t5_text import is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.wan_autoencoder import (
    SMALL_VIDEOS,
    VIDEOS,
    WanAutoencoder,
    find_wan_autoencoder,
    load_wan_autoencoder,
)
from nodes.diffusion.families.wan_layout import FOREIGN, LAYOUT, is_complete, wan_config
from nodes.diffusion.families.wan_model import T5_SHORTEST, SmallWanModel, WanModel
from nodes.diffusion.families.wan_network import new_wan_network
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import TextEncoder

SHIFT = 8.0
CLASSES = ("WanTransformer3DModel", "WanVACETransformer3DModel")
"""Of the transformer in diffusers folders."""


class Wan(FlowFamily):
    """The family of Wan by Alibaba: from texts, from frames, VACE, and the models of the kind Fun."""

    name = "wan"
    title = "Wan"
    latent_format = VIDEOS
    layout = LAYOUT
    pipeline = CLASSES[0]
    marks = ("head.modulation", "blocks.0.self_attn.q.weight", "text_embedding.0.weight", "patch_embedding.weight")
    layout_marks = (
        "condition_embedder.text_embedder.linear_1.weight",
        "blocks.0.attn1.to_q.weight",
        "blocks.0.scale_shift_table",
        "patch_embedding.weight",
    )
    foreign = FOREIGN

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer, if what it is shown is of a kind that is known."""
        if isinstance(contents, ModelFolder):
            part = contents.part("transformer")
            return part.view() if part.config.get("_class_name") in CLASSES else None
        view = super().find(contents)
        return view if view is not None and is_complete(view.shapes) else None

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return wan_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Wan."""
        return new_wan_network(config)

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:
        """Compute the positions."""
        built = network.config
        sizes = built["attention_head_dim"], built["patch_size"], built["rope_max_seq_len"]  # type: ignore[index]  # of diffusers
        network.rope = type(network.rope)(*sizes)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 8; the model with 5 billion weights works on smaller latents."""
        is_small = network.config["out_channels"] == SMALL_VIDEOS.channels  # type: ignore[index]  # of diffusers
        kind, latent_format = (SmallWanModel, SMALL_VIDEOS) if is_small else (WanModel, VIDEOS)
        return kind(network, names, latent_format, placement.device, placement.dtype, sampling={"shift": SHIFT})

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
