"""Hunyuan-DiT 1.0 to 1.2, as files or as diffusers folders; a transformer that reads Chinese and English, predicting v.

Li et al., 2024, "Hunyuan-DiT: A Powerful Multi-Resolution Diffusion Transformer with Fine-Grained Chinese
Understanding".
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families import sdxl
from nodes.diffusion.families.bert_text import build_bert, is_bert
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.t5_text import T5Kind, is_t5
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.bert import BertTextEncoder, HunyuanTexts
from nodes.diffusion.text.unigram import find_vocabulary
from nodes.diffusion.types import Start, TextEncoder
from nodes.diffusion.weights.hunyuan_dit_networks import hunyuan_rotations, new_hunyuan_dit

HEADS, PATCH = 16, 2
T5_TOKENS = 256
BASE_CELLS = 512 // sdxl.FORMAT.downscale // PATCH
"""Tokens along the pictures whose places others are measured by."""
STYLE = "time_extra_emb.style_embedder.weight"
"""A weight of versions up to 1.1, which are told the size of the picture; their noise is another, too."""
BETA_END, OLD_BETA_END = 0.018, 0.03
MT5 = T5Kind("mt5xl", "mt5")
BERT_VOCABULARY = "hydit_clip"
TEXTS = ("hydit_clip", "mt5xl")
TRANSFORMER = "transformer."

_POOLER = ("positional_embedding", "k_proj", "q_proj", "v_proj", "c_proj")
LAYOUT = Layout(
    outer={
        "pos_embed.proj": "x_embedder.proj",
        "text_embedder.linear_1": "mlp_t5.0",
        "text_embedder.linear_2": "mlp_t5.2",
        "text_embedding_padding": "text_embedding_padding",
        "time_extra_emb.timestep_embedder.linear_1": "t_embedder.mlp.0",
        "time_extra_emb.timestep_embedder.linear_2": "t_embedder.mlp.2",
        "time_extra_emb.extra_embedder.linear_1": "extra_embedder.0",
        "time_extra_emb.extra_embedder.linear_2": "extra_embedder.2",
        STYLE: "style_embedder.weight",
        **{f"time_extra_emb.pooler.{name}": f"pooler.{name}" for name in _POOLER},
        "norm_out.linear": "final_layer.adaLN_modulation.1",
        "proj_out": "final_layer.linear",
    },
    blocks={
        "blocks": BlockLayout(
            "blocks",
            {
                "norm1.norm": "norm1",
                "norm1.linear": "default_modulation.1",
                "norm2": "norm3",
                "norm3": "norm2",
                "attn2.to_q": "attn2.q_proj",
                "ff.net.0.proj": "mlp.fc1",
                "ff.net.2": "mlp.fc2",
                "skip_norm": "skip_norm",
                "skip_linear": "skip_linear",
                **{f"{attention}.to_out.0": f"{attention}.out_proj" for attention in ("attn1", "attn2")},
                **{f"{attn}.norm_{each}": f"{attn}.{each}_norm" for attn in ("attn1", "attn2") for each in "qk"},
            },
            {
                "attn1.Wqkv": ("attn1.to_q", "attn1.to_k", "attn1.to_v"),
                "attn2.kv_proj": ("attn2.to_k", "attn2.to_v"),
            },
        )
    },
    swapped=("norm_out.linear",),
)


class HunyuanDitModel(FlowTransformer):
    """Hunyuan-DiT on its device; it predicts v, and how sure it is, which nobody asks for."""

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads, with the one that says whether it counts."""
        return int(self.config["cross_attention_dim_t5"]) + 1

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The size that the picture is said to come from, and its own, where the model is told them."""
        if STYLE not in self.names:
            return {}
        own = [side * self.latent_format.downscale for side in start.latent.shape[-2:]]
        said = [options.get(name, side) for name, side in zip(("height", "width"), own, strict=True)]
        wanted = [options.get(f"target_{name}", side) for name, side in zip(("height", "width"), own, strict=True)]
        return {"sizes": torch.tensor([[*map(float, (*said, *wanted)), 0.0, 0.0]])}

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..999."""
        words, phrases = int(self.config["text_len"]), int(self.config["text_len_t5"])
        if context.shape[1] != words + phrases:
            raise DiffusionError(
                f"Hunyuan-DiT reads {words + phrases} tokens, and was given {context.shape[1]}: texts cannot be joined."
            )
        rows, columns = (side // self.patch for side in x.shape[-2:])
        head = int(self.config["attention_head_dim"])
        output: Tensor = self.network(
            x,
            timestep.float(),
            encoder_hidden_states=context[:, :words, : int(self.config["cross_attention_dim"])],
            text_embedding_mask=context[:, :words, -1],
            encoder_hidden_states_t5=context[:, words:, :-1].contiguous(),
            text_embedding_mask_t5=context[:, words:, -1],
            image_meta_size=told["sizes"].contiguous() if "sizes" in told else None,
            style=torch.zeros(len(x), dtype=torch.long, device=self.device),
            image_rotary_emb=hunyuan_rotations(head, region(rows, columns), (rows, columns), self.device),
            return_dict=False,
        )[0]
        return output[:, : self.latent_format.channels]


class HunyuanDit(FlowFamily):
    """The family of Hunyuan-DiT, on latents of Stable Diffusion XL."""

    name = "hunyuan_dit"
    title = "Hunyuan-DiT"
    latent_format = sdxl.FORMAT
    layout = LAYOUT
    pipeline = "HunyuanDiT2DModel"
    marks = ("pooler.positional_embedding", "mlp_t5.0.weight", "blocks.0.attn1.Wqkv.weight")
    layout_marks = (
        "time_extra_emb.pooler.positional_embedding",
        "text_embedder.linear_1.weight",
        "blocks.0.attn1.to_q.weight",
    )

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["x_embedder.proj.weight"][:2]
        tokens, reads = shapes["text_embedding_padding"]
        phrases = shapes["pooler.positional_embedding"][0] - 1
        return {
            "num_attention_heads": HEADS,
            "attention_head_dim": width // HEADS,
            "in_channels": channels,
            "patch_size": PATCH,
            "hidden_size": width,
            "num_layers": block_count(shapes, "blocks"),
            "mlp_ratio": (shapes["blocks.0.mlp.fc1.weight"][0] + 0.5) / width,  # rounded down where it is used
            "learn_sigma": shapes["final_layer.linear.weight"][0] == 2 * channels * PATCH**2,
            "cross_attention_dim": reads,
            "cross_attention_dim_t5": shapes["mlp_t5.0.weight"][1],
            "pooled_projection_dim": shapes["pooler.c_proj.weight"][0],
            "text_len": tokens - phrases,
            "text_len_t5": phrases,
            "use_style_cond_and_image_meta_size": "style_embedder.weight" in shapes,
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Hunyuan-DiT."""
        return new_hunyuan_dit(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> HunyuanDitModel:
        """Versions up to 1.1 were trained with more noise."""
        end = OLD_BETA_END if STYLE in names else BETA_END
        return HunyuanDitModel(
            network,
            names,
            self.latent_format,
            placement.device,
            placement.dtype,
            prediction="v_prediction",
            betas=betas_of({"beta_end": end}),
        )

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """BERT and mT5 by name, as far as they are there."""
        if isinstance(contents, ModelFolder):
            parts = dict(zip(TEXTS, ("text_encoder", "text_encoder_2"), strict=True))
            found = {name: contents.part(part).view() for name, part in parts.items() if contents.has(part)}
        elif isinstance(contents, SingleFile):
            inside = {name: contents.view(f"text_encoders.{name}.") for name in TEXTS}
            found = {
                name: view.renamed({key: key.removeprefix(TRANSFORMER) for key in view.shapes})
                for name, view in inside.items()
            }
        else:
            return {}
        fits = {"hydit_clip": is_bert, "mt5xl": is_t5}
        return {name: view for name, view in found.items() if fits[name](view)}

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Both."""
        return set(texts) == set(TEXTS)

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """BERT and mT5, whose texts have fixed lengths."""
        t5 = load_t5(contents, texts["mt5xl"], placement, T5_TOKENS, masks=True, kind=MT5)
        where = contents.path / "tokenizer" if isinstance(contents, ModelFolder) else contents.path
        vocabulary = find_vocabulary(where, BERT_VOCABULARY)
        bert = BertTextEncoder(
            build_bert(texts["hydit_clip"], placement), vocabulary, placement.device, placement.dtype
        )
        return HunyuanTexts(bert, replace(t5, longest=T5_TOKENS, blanks=False))


def region(rows: int, columns: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a picture lies in the square by which places are measured: its top left and its bottom right corner.

    Args:
        rows: of its tokens.
        columns: of its tokens.
    """
    longest = max(rows, columns)
    height, width = round(BASE_CELLS / longest * rows), round(BASE_CELLS / longest * columns)
    top, left = round((BASE_CELLS - height) / 2), round((BASE_CELLS - width) / 2)
    return (top, left), (top + height, left + width)
