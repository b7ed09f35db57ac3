"""HiDream I1 and E1, read by two CLIPs, T5 and every layer of Llama, as files or as diffusers folders."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.clip_text import clip_width
from nodes.diffusion.families.contents import Contents, TextFiles, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import find_texts, load_flow_clip, load_t5
from nodes.diffusion.families.flux import FORMAT
from nodes.diffusion.families.language_text import LLAMA3, find_language, load_language
from nodes.diffusion.families.layouts import SameLayout, block_count
from nodes.diffusion.families.overlay import fitted
from nodes.diffusion.families.tokens import positions
from nodes.diffusion.families.transformer_models import FlowTransformer, pooled_of
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle
from nodes.diffusion.text.hidream_texts import LLAMA_TEXT, HiDreamTexts
from nodes.diffusion.text.language import LanguageStyle
from nodes.diffusion.types import Start, TextEncoder
from nodes.diffusion.weights.picture_transformers import new_hidream_transformer

MARKS = ("double_stream_blocks.0.block.adaLN_modulation.1.bias", "caption_projection.0.linear.weight")
EXPERTS = "double_stream_blocks.0.block.ff_i.experts"
ACTIVE_EXPERTS = 2
"""How many of them compute each token."""
HEAD_WIDTH, AXES = 128, (64, 32, 32)
"""Numbers of an attention head, and how many of them turn with each of three places."""
LAST_LAYER = 31
"""Of Llama; each block is told the next layer, and those that are left the last."""
LENGTH = 128
"""Tokens of a text."""
L_WIDTH, G_WIDTH = 768, 1280
SPOKEN, SEEN = "spoken", "seen"


class HiDreamModel(FlowTransformer):
    """HiDream on its device."""

    @property
    def context_width(self) -> int:
        """Numbers of a token of what T5 makes of a text."""
        return int(self.config["caption_channels"][0])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The text as one vector and as Llama reads it, and the picture that E1 edits.

        Raises:
            DiffusionError: Llama did not read the text.
        """
        spoken = options.get(LLAMA_TEXT)
        if spoken is None:
            raise DiffusionError(
                "HiDream must know what Llama makes of the text: load its text encoders with QuadrupleCLIPLoader."
            )
        told = {"pooled": pooled_of(options, int(self.config["text_emb_dim"])), SPOKEN: spoken.float()}
        picture = options.get("concat_latent_image")
        if picture is not None:
            told[SEEN] = fitted(self.latent_format.to_network(picture), start.latent[:1])
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Timesteps are 0..1000; its output runs from noise to picture. A picture to edit stands at the right."""
        width = x.shape[-1]
        whole = torch.cat([x, _padded_like(told[SEEN], x)], dim=-1) if SEEN in told else x
        rows, columns = (side // self.patch for side in whole.shape[-2:])
        output = self.network(
            _tokens(whole, self.patch),
            timestep,
            context,
            told[SPOKEN].to(self.dtype).movedim(1, 0),
            told["pooled"].to(self.dtype),
            img_ids=positions(rows, columns, self.device).expand(len(x), -1, -1),
            img_sizes=[(rows, columns)] * len(x),
            # Without it, the network fills pictures that are not square up to the largest.
            hidden_states_masks=x.new_ones(len(x), rows * columns),
            return_dict=False,
        )[0]
        return -output[..., :width]


def _padded_like(seen: Tensor, x: Tensor) -> Tensor:
    """A picture of the size of a latent that was filled up to whole tokens."""
    return fitted(seen, x) if seen.shape[-2:] != x.shape[-2:] else seen.to(x)


def _tokens(x: Tensor, patch: int) -> Tensor:
    """Squares of a latent (batch, channels, height, width) as tokens (batch, squares, patch^2 * channels)."""
    batch, channels, height, width = x.shape
    squares = x.view(batch, channels, height // patch, patch, width // patch, patch)
    return squares.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, channels * patch**2)


class HiDream(FlowFamily):
    """The family of HiDream by HiDream.ai (Cai et al., 2025), for drawing (I1) and for editing (E1)."""

    name = "hidream"
    title = "HiDream"
    latent_format = FORMAT
    layout = SameLayout()
    pipeline = "HiDreamImageTransformer2DModel"
    marks = MARKS
    layout_marks = MARKS

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell; heads are 128 numbers wide."""
        width, inputs = shapes["x_embedder.proj.weight"]
        doubles, singles = block_count(shapes, "double_stream_blocks"), block_count(shapes, "single_stream_blocks")
        spoken = shapes["caption_projection.0.linear.weight"][1]
        read = shapes[f"caption_projection.{doubles + singles}.linear.weight"][1]
        return {
            "patch_size": 2,
            "in_channels": inputs // 4,
            "out_channels": shapes["final_layer.linear.weight"][0] // 4,
            "num_layers": doubles,
            "num_single_layers": singles,
            "attention_head_dim": HEAD_WIDTH,
            "num_attention_heads": width // HEAD_WIDTH,
            "caption_channels": [read, spoken],
            "text_emb_dim": shapes["p_embedder.pooled_embedder.linear_1.weight"][1],
            "num_routed_experts": block_count(shapes, EXPERTS),
            "num_activated_experts": ACTIVE_EXPERTS,
            "axes_dims_rope": AXES,
            "llama_layers": [min(block, LAST_LAYER) for block in range(doubles + singles)],
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of HiDream."""
        return new_hidream_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Not shifted."""
        return HiDreamModel(network, names, self.latent_format, placement.device, placement.dtype)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """CLIPs, T5 and Llama, as far as they are there."""
        if not isinstance(contents, TextFiles):
            return {**find_texts(contents), **find_language(contents, "text_encoder_4")}
        spoken = [find_language(file) for file in contents.files]
        others = [file for file, found in zip(contents.files, spoken, strict=True) if not found]
        read = find_texts(TextFiles(others)) if others else {}
        return {**read, **{name: view for found in spoken for name, view in found.items()}}

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Llama, and whatever there is of the others."""
        return LLAMA3.name in texts and set(texts) <= {LLAMA3.name, "clip_l", "clip_g", "t5xxl"}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """Those that are there; of the others, nothing is told."""
        clips = {
            name: load_flow_clip(contents, name, texts[name], placement, ClipStyle(name, projects=True))
            for name in ("clip_l", "clip_g")
            if name in texts
        }
        t5 = load_t5(contents, texts["t5xxl"], placement, LENGTH, masks=True) if "t5xxl" in texts else None
        return HiDreamTexts(
            clips.get("clip_l"),
            clips.get("clip_g"),
            replace(t5, blanks=False, longest=LENGTH) if t5 is not None else None,
            load_language(contents, texts[LLAMA3.name], placement, _every_layer(texts[LLAMA3.name])),
            (
                clip_width(texts["clip_l"]) if "clip_l" in texts else L_WIDTH,
                clip_width(texts["clip_g"]) if "clip_g" in texts else G_WIDTH,
            ),
            LENGTH,
        )


def _every_layer(llama: View) -> LanguageStyle:
    """Llama as HiDream reads it."""
    layers = tuple(range(1, block_count(llama.shapes, "layers") + 1))
    return LanguageStyle(
        "<|begin_of_text|>{}", layers, is_normed=True, length=LENGTH, pad="<|eot_id|>", is_weighed=True
    )
