"""HunyuanVideo: videos from texts, read by LLaVA's Llama and summed up by CLIP, and from their first picture."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, TextFiles, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_flow_clip, lone_text
from nodes.diffusion.families.hunyuan_autoencoder import (
    VIDEOS,
    HunyuanAutoencoder,
    find_hunyuan_autoencoder,
    load_hunyuan_autoencoder,
)
from nodes.diffusion.families.hunyuan_layout import LAYOUT, hunyuan_config
from nodes.diffusion.families.hunyuan_model import HunyuanModel
from nodes.diffusion.families.language_text import LLAVA, find_language, load_language
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.text.summed_texts import SummedTexts
from nodes.diffusion.types import TextEncoder
from nodes.diffusion.weights.libraries import new_hunyuan_transformer

SHIFT = 7.0
TEMPLATE = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nDescribe the video by detailing the following "
    "aspects: 1. The main content and theme of the video.2. The color, shape, size, texture, quantity, text, and "
    "spatial relationships of the objects.3. Actions, events, behaviors temporal relationships, physical movement "
    "changes of the objects.4. background environment, light, style and atmosphere.5. camera angles, movements, and "
    "transitions used in the video:<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{}<|eot_id|>"
)
SKIPPED = 95
"""Tokens of the template before the prompt."""
LAYER = -3
"""Whose results are read; the last but two."""


class HunyuanVideo(FlowFamily):
    """The family of HunyuanVideo by Tencent."""

    name = "hunyuan_video"
    title = "HunyuanVideo"
    latent_format = VIDEOS
    layout = LAYOUT
    pipeline = "HunyuanVideoTransformer3DModel"
    marks = ("double_blocks.0.img_attn_qkv.weight", "txt_in.input_embedder.weight", "vector_in.in_layer.weight")
    layout_marks = (
        "context_embedder.token_refiner.refiner_blocks.0.norm1.weight",
        "time_text_embed.text_embedder.linear_1.weight",
        "single_transformer_blocks.0.proj_mlp.weight",
    )
    foreign = ("image_projection.proj.0.weight", "clean_x_embedder.proj.weight")

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return hunyuan_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of HunyuanVideo, which may be told that the first frame is given."""
        return new_hunyuan_transformer({**config, "image_condition_type": "token_replace"})

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 7."""
        return HunyuanModel(network, names, VIDEOS, placement.device, placement.dtype, sampling={"shift": SHIFT})

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model and CLIP, as far as they are there."""
        if isinstance(contents, TextFiles):
            return {name: view for file in contents.files for name, view in _alone(file).items()}
        if isinstance(contents, ModelFolder):
            clip = {"clip_l": contents.part("text_encoder_2").view()} if contents.has("text_encoder_2") else {}
            return _spoken(contents) | clip
        return _alone(contents)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Llama and CLIP ViT-L."""
        return set(texts) == {LLAVA.name, "clip_l"}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What Llama makes of a prompt that it is to describe, and CLIP's sum of it."""
        clip = load_flow_clip(contents, "clip_l", texts["clip_l"], placement, ClipStyle("clip_l"))
        style = LanguageStyle(TEMPLATE, (LAYER,), skipped=SKIPPED)
        return SummedTexts(clip, load_language(contents, texts[LLAVA.name], placement, style))

    def find_vae(self, contents: Contents) -> View | None:
        """Its autoencoder."""
        return find_hunyuan_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> HunyuanAutoencoder:
        """Its autoencoder."""
        return load_hunyuan_autoencoder(view, placement)


def _alone(file: SingleFile) -> dict[str, View]:
    """The text encoder of a file that holds nothing else, by name."""
    if language := _spoken(file):
        return language
    clip = lone_text(file)
    return {"clip_l": clip} if clip is not None else {}


def _spoken(contents: Contents) -> dict[str, View]:
    """The Llama of LLaVA, whose shapes are those of others, by name; empty if there is none."""
    view = next(iter(find_language(contents).values()), None)
    return {} if view is None else {LLAVA.name: view.saying("language", kind=LLAVA.name)}
