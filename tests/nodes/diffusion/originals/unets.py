"""Tiny models with a UNet in the layout of their original files: Stable Diffusion 2, XL and its refiner."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.weights import file_tensors, renamed
from tests.nodes.diffusion.originals.parts import autoencoder, below, clip, clip_tensors, seeded, vae_tensors

TINY_UNET: dict[str, Any] = {
    "sample_size": 8,
    "layers_per_block": 1,
    "block_out_channels": (32, 64),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
}


@dataclass(frozen=True)
class Original:
    """A model whose parts have names in an original file."""

    unet: nn.Module
    clips: Mapping[str, tuple[nn.Module, bool]]
    """By prefix: a text encoder, and whether it has OpenCLIP's layout."""
    vae: nn.Module

    def tensors(self) -> dict[str, Tensor]:
        """Its weights under their original names."""
        return {key: tensor.contiguous() for part in self.parts() for key, tensor in part.items()} | self.beside()

    def parts(self) -> list[dict[str, Tensor]]:
        """The weights of each part under their original names."""
        found = [below("model.diffusion_model.", original_unet(self.unet)), vae_tensors(self.vae)]
        return found + [below(prefix, clip_tensors(net, is_open)) for prefix, (net, is_open) in self.clips.items()]

    def beside(self) -> dict[str, Tensor]:
        """What real files hold besides."""
        extras = {"alphas_cumprod": torch.linspace(0.99, 0.01, 1000), "betas": torch.zeros(1000)}
        for prefix, (_net, is_open) in self.clips.items():
            if is_open:
                extras[f"{prefix}logit_scale"] = torch.tensor(4.6)
            else:
                extras[f"{prefix}embeddings.position_ids"] = torch.arange(77)[None]
        return extras

    def write(self, path: Path, metadata: dict[str, str] | None = None, **more: Tensor) -> Path:
        """One file with everything."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({**self.tensors(), **more}, path, metadata=metadata)
        return path


def sd2(seed: int = 0, in_channels: int = 4) -> Original:
    """A tiny Stable Diffusion 2: matrices in the transformers, OpenCLIP's layout with the layer that is not used."""
    sizes = {"cross_attention_dim": 32, "attention_head_dim": (1, 1), "use_linear_projection": True}
    return seeded(
        seed,
        lambda: Original(
            UNet2DConditionModel(**TINY_UNET, **sizes, in_channels=in_channels).eval(),
            {"cond_stage_model.model.": (clip(openclip=True, projects=True), True)},
            autoencoder(),
        ),
    )


def sdxl(seed: int = 0, in_channels: int = 4, widths: tuple[int, int] = (32, 48)) -> Original:
    """A tiny Stable Diffusion XL; its text encoders may be equally wide, which misleads other loaders."""
    sizes = {
        "cross_attention_dim": sum(widths),
        "attention_head_dim": (1, 1),
        "use_linear_projection": True,
        "transformer_layers_per_block": (1, 2),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": widths[1] + 6 * 256,
    }
    return seeded(
        seed,
        lambda: Original(
            UNet2DConditionModel(**TINY_UNET, **sizes, in_channels=in_channels).eval(),
            {
                "conditioner.embedders.0.transformer.text_model.": (clip(widths[0]), False),
                "conditioner.embedders.1.model.": (clip(widths[1], openclip=True, projects=True), True),
            },
            autoencoder(),
        ),
    )


def refiner(seed: int = 0) -> Original:
    """A tiny refiner: its lowest level has no attention, but its middle has, several blocks deep."""
    blocks = {
        "sample_size": 8,
        "layers_per_block": 1,
        "block_out_channels": (32, 64, 64),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": 2,
        "cross_attention_dim": 48,
        "attention_head_dim": (1, 1, 1),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 48 + 5 * 256,
    }
    return seeded(
        seed,
        lambda: Original(
            UNet2DConditionModel(**blocks).eval(),
            {"conditioner.embedders.0.model.": (clip(48, openclip=True, projects=True), True)},
            autoencoder(),
        ),
    )


def original_unet(unet: nn.Module) -> dict[str, Tensor]:
    """The weights of a UNet under their original names."""
    state = unet.state_dict()
    return file_tensors(renamed(unet_keys(state)), state)
