"""Tiny transformers of the families, ready to be called, for tests of what changes their computation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    ChromaTransformer2DModel,
    Flux2Transformer2DModel,
    FluxTransformer2DModel,
    LTXVideoTransformer3DModel,
    QwenImageTransformer2DModel,
    SD3Transformer2DModel,
    WanTransformer3DModel,
    ZImageTransformer2DModel,
)
from torch import Tensor, nn

from nodes.diffusion.families.chroma import ChromaModel
from nodes.diffusion.families.flux2 import Flux2Model
from nodes.diffusion.families.ltxv import LtxvModel
from nodes.diffusion.families.qwen_image import QwenImageModel
from nodes.diffusion.families.transformer_models import FlowTransformer, FluxModel, Sd3Model
from nodes.diffusion.families.wan_model import WanModel
from nodes.diffusion.families.z_image import ZImageModel
from nodes.diffusion.types import LatentFormat, ModelHandle, ModelSource
from tests.nodes.diffusion.originals import seeded

SMALL = {"num_layers": 3, "attention_head_dim": 16, "num_attention_heads": 2}
FLUX = {**SMALL, "num_single_layers": 3, "joint_attention_dim": 24, "axes_dims_rope": (4, 6, 6)}


def _sd3() -> nn.Module:
    return SD3Transformer2DModel(
        sample_size=8,
        num_layers=3,
        num_attention_heads=1,
        joint_attention_dim=24,
        caption_projection_dim=64,
        pooled_projection_dim=16,
        pos_embed_max_size=12,
        dual_attention_layers=(0,),
        qk_norm="rms_norm",
    )


def _chroma() -> nn.Module:
    sizes = {"approximator_num_channels": 16, "approximator_hidden_dim": 24, "approximator_layers": 1}
    return ChromaTransformer2DModel(**FLUX, **sizes)


def _z_image() -> nn.Module:
    sizes = {"dim": 32, "n_layers": 3, "n_refiner_layers": 1, "n_heads": 2, "n_kv_heads": 2, "cap_feat_dim": 24}
    return ZImageTransformer2DModel(**sizes, axes_dims=[4, 6, 6])


def _wan() -> nn.Module:
    return WanTransformer3DModel(
        num_attention_heads=1, attention_head_dim=24, text_dim=24, ffn_dim=32, num_layers=3, freq_dim=16
    )


@dataclass(frozen=True)
class Kind:
    """A family: its house, its network, and what it is shown."""

    build: Callable[[], nn.Module]
    model: type[FlowTransformer]
    shape: tuple[int, ...] = (16, 4, 6)
    """Of a latent, without the batch."""
    told: tuple[tuple[str, int], ...] = ()
    """Vectors that it is told, with their lengths."""
    words: int = 5


KINDS: Mapping[str, Kind] = {
    "sd3": Kind(_sd3, Sd3Model, told=(("pooled", 16),)),
    "flux": Kind(
        lambda: FluxTransformer2DModel(**FLUX, pooled_projection_dim=16, guidance_embeds=False),
        FluxModel,
        told=(("pooled", 16),),
    ),
    "chroma": Kind(_chroma, ChromaModel),
    "flux2": Kind(
        lambda: Flux2Transformer2DModel(**{**FLUX, "axes_dims_rope": (4, 4, 4, 4)}, guidance_embeds=False),
        Flux2Model,
        shape=(128, 4, 6),
    ),
    "qwen_image": Kind(
        lambda: QwenImageTransformer2DModel(**SMALL, joint_attention_dim=24, axes_dims_rope=(4, 6, 6)), QwenImageModel
    ),
    "z_image": Kind(_z_image, ZImageModel),
    "wan": Kind(_wan, WanModel, shape=(16, 3, 4, 6)),
    "ltxv": Kind(
        lambda: LTXVideoTransformer3DModel(
            num_attention_heads=2, attention_head_dim=16, cross_attention_dim=32, num_layers=3, caption_channels=24
        ),
        LtxvModel,
        shape=(128, 2, 2, 3),
    ),
}


@dataclass(frozen=True)
class Tiny:
    """A model with what it is shown."""

    model: FlowTransformer
    kind: Kind
    handle: ModelHandle

    def call(self, model: Any = None, roles: tuple[str, ...] = ("positive", "negative"), **more: Any) -> Tensor:
        """The output for a latent with a text for each role; `model` is the model under effects."""
        draw = torch.Generator().manual_seed(3)
        rows = len(roles)
        x = torch.randn(1, *self.kind.shape, generator=draw).expand(rows, *self.kind.shape)
        context = torch.randn(rows, self.kind.words, 24, generator=draw)
        told = {name: torch.randn(rows, width, generator=draw) for name, width in self.kind.told}
        if isinstance(self.model, LtxvModel):
            told["frame_rate"] = torch.full((rows,), 25.0)
        for effect in getattr(model, "effects", ()):
            marks = [effect.inputs(role) for role in roles]
            told |= {name: torch.cat([each[name] for each in marks]) for name in marks[0]}
        called = model or self.model
        return called.predict(x.clone(), torch.full((rows,), 0.5), context, {**told, "sigma": 0.5, **more})


@cache
def tiny(name: str) -> Tiny:
    """A model of a family, built once and the same every time; who changes it puts it back."""

    def build() -> nn.Module:
        network = KINDS[name].build().eval().requires_grad_(False)
        for parameter in network.parameters():  # some start as zeros, and would do nothing
            nn.init.normal_(parameter, std=0.15)
        return network

    kind, network = KINDS[name], seeded(7, build)
    place = torch.device("cpu"), torch.float32
    model = kind.model(network, {}, LatentFormat(channels=kind.shape[0]), *place)
    return Tiny(model, kind, ModelHandle(ModelSource(Path(f"{name}.safetensors"), "model", name)))
