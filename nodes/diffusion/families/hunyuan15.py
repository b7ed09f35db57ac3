"""HunyuanVideo 1.5: videos from texts, read by Qwen2.5-VL and ByT5, and from their first picture."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, SingleFile, TextFiles, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import lone_text
from nodes.diffusion.families.hunyuan15_layout import APART, FUSED, hunyuan15_config
from nodes.diffusion.families.hunyuan_autoencoder import (
    SMALL_VIDEOS,
    HunyuanAutoencoder,
    find_hunyuan_autoencoder,
    load_hunyuan_autoencoder,
)
from nodes.diffusion.families.hunyuan_model import frames_beside
from nodes.diffusion.families.language_text import QWEN25, find_language, load_language
from nodes.diffusion.families.t5_text import build_t5, is_t5
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.glyph_texts import WRITTEN, GlyphTexts
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import Start, TextEncoder
from nodes.diffusion.weights.libraries import new_hunyuan15_transformer

SHIFT = 7.0
_GAP = " " * 9
"""What stands between the sentences of the template, as it was trained."""
ASPECTS = (
    "1. The main content and theme of the video.",
    "2. The color, shape, size, texture, quantity, text, and spatial relationships of the objects.",
    "3. Actions, events, behaviors temporal relationships, physical movement changes of the objects.",
    "4. background environment, light, style and atmosphere.",
    "5. camera angles, movements, and transitions used in the video.",
)
TEMPLATE = (
    "<|im_start|>system\nYou are a helpful assistant. Describe the video by detailing the following aspects:"
    + "".join(f"{_GAP}{aspect}" for aspect in ASPECTS)
    + "<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)
SKIPPED = 108
"""Tokens of the template before the prompt."""
LAYER = -3
"""Whose results are read; the last but two."""
BYT5 = "byt5"
TEXT, WORDS, PICTURE = 0, 1, 2
"""What kinds of tokens the model is told beside the latent."""


class Hunyuan15Model(FlowTransformer):
    """HunyuanVideo 1.5 on its device; a cell of the latent is a token."""

    patch = 1

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["text_embed_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The frames that are given, what is to be written, and what a picture encoder sees in the first frame."""
        beside = self.config["in_channels"] - self.latent_format.channels
        told = {"overlay": frames_beside(options, start, self.latent_format, beside)}
        if options.get(WRITTEN) is not None:
            told["written"] = options[WRITTEN].float()
        if options.get("clip_vision_output") is not None:
            told["seen"] = options["clip_vision_output"].last_hidden_state[:1].float()
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1000."""
        network: Any = self.network
        waves = network.time_embed.time_proj(timestep)
        time = network.time_embed.timestep_embedder(waves.to(self.dtype))
        words = [self._marked(network.context_embedder(context, timestep), TEXT)]
        if "written" in told:
            words.insert(0, self._marked(network.context_embedder_2(told["written"].to(self.dtype)), WORDS))
        if "seen" in told:
            words.insert(0, self._marked(network.image_embedder(told["seen"].to(self.dtype)), PICTURE))
        tokens, others, places = network.x_embedder(x), torch.cat(words, dim=1), network.rope(x)
        for block in network.transformer_blocks:
            tokens, others = block(tokens, others, time, None, places)
        cells = network.proj_out(network.norm_out(tokens, time))
        return cells.transpose(1, 2).unflatten(2, x.shape[2:])

    def _marked(self, tokens: Tensor, kind: int) -> Tensor:
        """Tokens that tell what kind they are."""
        return tokens + self.network.cond_type_embed.weight[kind]  # type: ignore[union-attr, index]  # of diffusers


class HunyuanVideo15(FlowFamily):
    """The family of HunyuanVideo 1.5 by Tencent, as it is published."""

    name = "hunyuan_video_15"
    title = "HunyuanVideo 1.5"
    latent_format = SMALL_VIDEOS
    layout = APART
    pipeline = "HunyuanVideo15Transformer3DModel"
    marks: tuple[str, ...] = ("double_blocks.0.img_attn_q.weight", "byt5_in.fc1.weight", "vision_in.proj.0.weight")
    layout_marks = ("context_embedder_2.linear_1.weight", "image_embedder.norm_in.weight", "cond_type_embed.weight")
    foreign = ("time_r_in.mlp.0.weight", "time_embed.timestep_embedder_r.linear_1.weight")

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return hunyuan15_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of HunyuanVideo 1.5."""
        return new_hunyuan15_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Shifted by 7."""
        sampling = {"shift": SHIFT}
        return Hunyuan15Model(network, names, SMALL_VIDEOS, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Its language model and ByT5, as far as they are there."""
        files = contents.files if isinstance(contents, TextFiles) else ()
        return {name: view for file in files for name, view in _alone(file).items()}

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Qwen2.5-VL, of which the part that sees is left out, and ByT5."""
        return set(texts) == {QWEN25.name, BYT5}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """What Qwen2.5 makes of a prompt that it is to describe, and ByT5 of what is to be written."""
        style = LanguageStyle(TEMPLATE, (LAYER,), skipped=SKIPPED)
        language = load_language(contents, texts[QWEN25.name], placement, style)
        return GlyphTexts(language, build_t5(texts[BYT5], placement))

    def find_vae(self, contents: Contents) -> View | None:
        """Its autoencoder."""
        return find_hunyuan_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> HunyuanAutoencoder:
        """Its autoencoder."""
        return load_hunyuan_autoencoder(view, placement)


class FusedHunyuanVideo15(HunyuanVideo15):
    """The same model in files whose queries, keys and values are one matrix."""

    layout = FUSED
    marks = ("double_blocks.0.img_attn_qkv.weight", "byt5_in.fc1.weight", "vision_in.proj.0.weight")


def _alone(file: SingleFile) -> dict[str, View]:
    """The text encoder of a file that holds nothing else, by name."""
    if language := find_language(file):
        return language
    view = lone_text(file)
    return {BYT5: view} if view is not None and is_t5(view) else {}
