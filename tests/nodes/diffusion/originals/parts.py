"""Parts that models of several families have: text encoders, the autoencoder, and their names in original files."""

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.clip_text import clip_keys
from nodes.diffusion.families.ldm_vae import vae_keys
from nodes.diffusion.families.weights import file_tensors, renamed

VOCABULARY = 49408


def clip(
    width: int = 32, layers: int = 3, *, openclip: bool = False, projects: bool = False, **sizes: Any
) -> nn.Module:
    """A CLIP text encoder, random unless it is built inside `skeleton`."""
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_act="gelu" if openclip else "quick_gelu",
        **{
            "hidden_size": width,
            "intermediate_size": 2 * width,
            "num_hidden_layers": layers,
            "num_attention_heads": max(1, width // 64),
            "projection_dim": sizes.get("hidden_size", width),
            **sizes,
        },
    )
    return (CLIPTextModelWithProjection if projects else CLIPTextModel)(config).eval()


def autoencoder(
    channels: tuple[int, ...] = (32, 32, 32, 64), layers: int = 1, latent: int = 4, **more: Any
) -> nn.Module:
    """A KL autoencoder."""
    return AutoencoderKL(
        block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        layers_per_block=layers,
        latent_channels=latent,
        **more,
    ).eval()


def t5(width: int = 32, vocabulary: int = 200) -> nn.Module:
    """A tiny T5 encoder."""
    config = T5Config(
        vocab_size=vocabulary,
        d_model=width,
        d_kv=64,
        d_ff=48,
        num_layers=2,
        num_heads=1,
        feed_forward_proj="gated-gelu",
    )
    return T5EncoderModel(config).eval()


def seeded(seed: int, build: Any) -> Any:
    """What a function builds, with weights that only the seed decides."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


def vae_tensors(vae: nn.Module, prefix: str = "first_stage_model.") -> dict[str, Tensor]:
    """The weights of an autoencoder under their original names, attention as 1x1 convolutions."""
    state = vae.state_dict()
    found = file_tensors(renamed(vae_keys(state)), state)
    return {
        f"{prefix}{key}": tensor[..., None, None] if ".attn_1." in key and tensor.dim() == 2 else tensor
        for key, tensor in found.items()
    }


def clip_tensors(network: nn.Module, is_open: bool) -> dict[str, Tensor]:
    """The weights of a text encoder in OpenCLIP's layout or in that of transformers, without `text_model.`."""
    state = network.state_dict()
    if is_open:
        found = file_tensors(clip_keys(state_shapes(network)), state)
        return {key: tensor.contiguous() for key, tensor in found.items()}
    return {key.removeprefix("text_model."): tensor for key, tensor in state.items()}


def below(prefix: str, items: Mapping[str, Any]) -> dict[str, Any]:
    """The same under longer names."""
    return {prefix + key: value for key, value in items.items()}
