"""A tiny Stable Cascade in the layout of the files that its graphs name: a checkpoint for each of its stages."""

from typing import Any

import torch
from diffusers import StableCascadeUNet
from torch import Tensor, nn

from nodes.diffusion.control.cascade import CascadeControlNetwork
from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.cascade_layout import cascade_map
from nodes.diffusion.families.cascade_networks import EfficientEncoder, LayerSizes, Previewer, StageA, StageCCoder
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals.parts import below, clip, seeded

WIDTH = 32
"""Of the text encoder."""
RES, TIME, ATTENTION = "SDCascadeResBlock", "SDCascadeTimestepBlock", "SDCascadeAttnBlock"
TINY_C: dict[str, Any] = {
    "timestep_ratio_embedding_dim": 16,
    "conditioning_dim": 24,
    "block_out_channels": (32, 32),
    "num_attention_heads": (1, 1),
    "down_num_layers_per_block": (1, 2),
    "up_num_layers_per_block": (2, 1),
    "clip_text_in_channels": WIDTH,
    "clip_text_pooled_in_channels": WIDTH,
    "clip_image_in_channels": adapters.SEEN,
    "clip_seq": 2,
    "switch_level": (False,),
}
TINY_B: dict[str, Any] = {
    "in_channels": 4,
    "out_channels": 4,
    "patch_size": 2,
    "timestep_ratio_embedding_dim": 16,
    "conditioning_dim": 24,
    "block_out_channels": (32, 48),
    "num_attention_heads": (-1, 1),
    "down_num_layers_per_block": (1, 2),
    "up_num_layers_per_block": (2, 1),
    "up_blocks_repeat_mappers": (2, 1),
    "block_types_per_layer": ((RES, TIME), (RES, TIME, ATTENTION)),
    "clip_text_pooled_in_channels": WIDTH,
    "clip_seq": 2,
    "effnet_in_channels": 16,
    "pixel_mapper_in_channels": 3,
    "timestep_conditioning_type": ("sca",),
}
EFFICIENT = [
    [LayerSizes(8, 8, 8)],
    [LayerSizes(8, 32, 12, stride=2), LayerSizes(12, 48, 12)],
    [LayerSizes(12, 48, 16, stride=2)],
    [LayerSizes(16, 64, 24, gate=4, stride=2), LayerSizes(24, 96, 24, gate=6)],
    [LayerSizes(24, 144, 24, gate=6)],
    [LayerSizes(24, 144, 32, gate=6, stride=2)],
]
"""A small EfficientNet, with layers of every kind."""


def stage_c(seed: int = 0) -> StableCascadeUNet:
    """A tiny stage C."""
    return seeded(seed, lambda: alive(StableCascadeUNet(**TINY_C).eval()))


def stage_b(seed: int = 1) -> StableCascadeUNet:
    """A tiny stage B."""
    return seeded(seed, lambda: alive(StableCascadeUNet(**TINY_B).eval()))


def stage_a(seed: int = 2) -> StageA:
    """A tiny stage A."""
    return seeded(seed, lambda: alive(StageA(narrow=16, wide=24, blocks=2).eval()))


def coder_c(seed: int = 3) -> StageCCoder:
    """A tiny encoder and previewer of stage C."""
    return seeded(
        seed,
        lambda: alive(StageCCoder(EfficientEncoder(EFFICIENT, 40, 16), Previewer(widths=(32, 24, 16))).eval()),
    )


def text() -> nn.Module:
    """A tiny text encoder."""
    return seeded(4, lambda: clip(WIDTH, openclip=True, projects=True))


def original(network: nn.Module) -> dict[str, Tensor]:
    """The weights of a stage as the releases have them."""
    return file_tensors(cascade_map(state_shapes(network)), network.state_dict())


def checkpoint_c() -> dict[str, Tensor]:
    """Everything of stage C in one file: with text encoder, with what sees pictures, and with what encodes them."""
    words = text().state_dict()
    inside = "text_encoder.clip_g."
    found = below("model.diffusion_model.", original(stage_c()))
    found |= {f"{inside}transformer.{key}": value for key, value in words.items() if "text_projection" not in key}
    found |= {
        f"{inside}text_projection": words["text_projection.weight"].t(),
        f"{inside}logit_scale": torch.tensor(4.6),
    }
    found |= below("vae.", coder_c().state_dict())
    found |= {"vae.encoder.mean": torch.zeros(3), "vae.encoder.std": torch.ones(3)}
    return found | below("clip_l_vision.", adapters.vision().state_dict())


def checkpoint_b() -> dict[str, Tensor]:
    """Stage B with stage A in one file."""
    found = below("model.diffusion_model.", original(stage_b())) | below("vae.", stage_a().state_dict())
    return found | {"vae.vquantizer.codebook.weight": torch.zeros(64, 4)}


def control(colours: int = 3, *, sees_latents: bool = False) -> CascadeControlNetwork:
    """A tiny ControlNet for stage C; one that enlarges sees latents."""
    width = TINY_C["block_out_channels"][0]
    seen = 20
    shapes = {f"projections.{place}.2.weight": (width, seen, 1, 1) for place in range(8)}
    if sees_latents:
        shapes |= {"backbone.0.weight": (24, colours, 1, 1), "backbone.2.weight": (12, 24, 1, 1)}
        shapes |= {"backbone.3.blocks.2.weight": (12, 12, 3, 3), "backbone.4.weight": (seen, 12, 1, 1)}
    else:
        held = state_shapes(EfficientEncoder(EFFICIENT, seen, 16))
        shapes |= held | {"backbone.0.0.weight": (8, colours, 3, 3)}
    return seeded(5, lambda: alive(CascadeControlNetwork(shapes).eval()))


def lone_text() -> tuple[dict[str, Tensor], dict[str, str]]:
    """The text encoder in a file of its own, with its header."""
    return text().state_dict(), {"latentloom.clip": "clip_g"}
