"""LTX-Video 0.9: videos from texts, read by T5, and from their first picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, SingleFile, View, said_in
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.layouts import SameLayout, block_count
from nodes.diffusion.families.ltxv_autoencoder import (
    FRAMES_OF_A_CELL,
    LtxvAutoencoder,
    find_ltxv_autoencoder,
    load_ltxv_autoencoder,
)
from nodes.diffusion.families.t5_text import is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.video_cells import HEED, MASK, VideoCells
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.keyframes import COORDINATES, heed_of
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Start, TextEncoder
from nodes.diffusion.weights.libraries import new_ltxv_transformer

FORMAT = LatentFormat(channels=128, scale=1.0, downscale=32, has_frames=True)
HEADS = 32
"""Of every published size."""
T5_SHORTEST = 128
SHIFT = 2.37
"""The logarithm of the shift that the model is sampled with unless it is told another."""
FRAME_RATE = 25.0
LARGEST = (20.0, 2048.0, 2048.0)
"""Seconds, rows and columns that positions are counted in."""
_NAMES = (
    ("proj_in.", "patchify_proj."),
    ("time_embed.", "adaln_single."),
    (".norm_q.", ".q_norm."),
    (".norm_k.", ".k_norm."),
)


@dataclass(frozen=True)
class LtxvLayout(SameLayout):
    """The layout of diffusers, with four parts called otherwise."""

    def key_map(self, shapes: Shapes) -> dict[str, Piece]:
        """Where the original files have each weight."""
        return {key: Piece(_original(key)) for key in shapes}


def _original(key: str) -> str:
    for ours, theirs in _NAMES:
        is_start = not ours.startswith(".")
        if key.startswith(ours) if is_start else ours in key:
            key = key.replace(ours, theirs, 1)
    return key


@dataclass(frozen=True, eq=False)
class LtxvModel(FlowTransformer):
    """LTX-Video on its device; a cell of the latent is a token (HaCohen et al., 2024, "LTX-Video")."""

    is_causal: bool = False
    """Whether the first cell stands for a single frame, as positions count it; later versions were trained so."""
    patch = 1
    repeats_text = True
    sees_given_clean = True

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["caption_channels"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The frame rate, what of the latent is given and therefore without noise, and where keyframes belong."""
        told = {"frame_rate": torch.tensor([float(options.get("frame_rate", FRAME_RATE))])}
        if start.mask is not None:
            told[MASK] = start.mask
        if options.get(COORDINATES) is not None:
            told["keyframes"] = options[COORDINATES][..., 0]
        if (heed := heed_of(options)) is not None:
            told[HEED] = heed
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1000; cells that are given have their own."""
        frames, rows, columns = x.shape[-3:]
        times = timestep[:, None]
        if MASK in told:
            mask = told[MASK].to(times).expand(-1, 1, frames, rows, columns)
            times = times * mask.flatten(1)
        cells = VideoCells.of(told, x)
        with cells.attending(int(self.config["attention_head_dim"])):
            output = self.network(
                cells.take(x.flatten(2).transpose(1, 2)),
                context,
                cells.take(times),
                _seen(context),
                video_coords=cells.take(self._places(frames, rows, columns, told), axis=2),
                return_dict=False,
            )[0]
        return cells.put_back(output).transpose(1, 2).reshape(x.shape)

    def _places(self, frames: int, rows: int, columns: int, told: Mapping[str, Tensor]) -> Tensor:
        """Where each cell begins: seconds, rows and columns of the video (batch, 3, tokens)."""
        at = torch.arange(frames, device=self.device, dtype=torch.float32) * FRAMES_OF_A_CELL
        if self.is_causal:
            at = (at + 1 - FRAMES_OF_A_CELL).clamp(min=0)
        sides = [
            torch.arange(count, device=self.device, dtype=torch.float32) * FORMAT.downscale for count in (rows, columns)
        ]
        places = torch.stack(torch.meshgrid(at, *sides, indexing="ij")).flatten(1)
        frame_rate = told["frame_rate"]
        each = places.expand(len(frame_rate), -1, -1).clone()
        if "keyframes" in told:
            each[:, :, -told["keyframes"].shape[2] :] = told["keyframes"]
        each[:, 0] /= frame_rate.to(self.device)[:, None]
        return each


def _seen(context: Tensor) -> Tensor:
    """1 for each token that is a word; a text of nothing is looked at as a whole."""
    seen = context.abs().amax(-1) > 0
    return (seen | ~seen.any(-1, keepdim=True)).to(context)


class Ltxv(FlowFamily):
    """The family of LTX-Video 0.9 by Lightricks."""

    name = "ltxv"
    title = "LTX-Video"
    latent_format = FORMAT
    layout = LtxvLayout()
    pipeline = "LTXVideoTransformer3DModel"
    marks = ("patchify_proj.weight", "adaln_single.linear.weight", "transformer_blocks.0.attn1.q_norm.weight")
    layout_marks = ("proj_in.weight", "time_embed.linear.weight", "transformer_blocks.0.attn1.norm_q.weight")
    foreign = ("audio_patchify_proj.weight", "transformer_blocks.0.audio_attn1.to_q.weight")

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["patchify_proj.weight"]
        return {
            "in_channels": channels,
            "out_channels": shapes["proj_out.weight"][0],
            "num_attention_heads": HEADS,
            "attention_head_dim": width // HEADS,
            "cross_attention_dim": shapes["transformer_blocks.0.attn2.to_k.weight"][1],
            "num_layers": block_count(shapes, "transformer_blocks"),
            "caption_channels": shapes["caption_projection.linear_1.weight"][1],
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of LTX-Video."""
        return new_ltxv_transformer(config)

    def load_model(self, contents: Contents, placement: Placement) -> FlowTransformer:
        """Build the transformer; the file's header says how it counts frames."""
        model = super().load_model(contents, placement)
        return replace(model, is_causal=_is_causal(contents)) if isinstance(model, LtxvModel) else model

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> LtxvModel:
        """Shifted towards noise, for long videos."""
        sampling = {"shift": math.exp(SHIFT), "timesteps": 10_000}
        return LtxvModel(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """T5 alone."""
        return set(texts) == {"t5xxl"} and not is_multilingual(texts["t5xxl"])

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """T5, to which what fills a short text up is nothing."""
        return load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST, masks=True)

    def find_vae(self, contents: Contents) -> View | None:
        """Its autoencoder."""
        return find_ltxv_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> LtxvAutoencoder:
        """Its autoencoder."""
        return load_ltxv_autoencoder(view, placement)


def _is_causal(contents: Contents) -> bool:
    """What the header's `config` says of how positions count frames; older files say nothing, and do not."""
    config = said_in(contents.file.metadata, "config") if isinstance(contents, SingleFile) else {}
    transformer = config.get("transformer")
    return bool(transformer.get("causal_temporal_positioning")) if isinstance(transformer, dict) else False
