"""A tiny Stable Video Diffusion in the layout of its original files."""

from collections.abc import Callable
from pathlib import Path

from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.svd_layout import svd_unet_map, svd_vae_map
from nodes.diffusion.families.weights import KeyMap, Shapes, file_tensors
from tests.nodes.diffusion.families.unclips import VISUAL, visual
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals import seeded

UNET, VAE, SEES = "model.diffusion_model.", "first_stage_model.", "conditioner.embedders.0.open_clip.model.visual."


def unet() -> UNetSpatioTemporalConditionModel:
    """A tiny UNet."""
    return seeded(
        0,
        lambda: alive(
            UNetSpatioTemporalConditionModel(
                block_out_channels=(32, 64),
                down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
                up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
                layers_per_block=1,
                cross_attention_dim=adapters.SEEN,
                num_attention_heads=(1, 1),
            )
        ),
    )


def vae() -> AutoencoderKLTemporalDecoder:
    """A tiny autoencoder."""
    channels = (32, 32, 32, 64)
    types = ("DownEncoderBlock2D",) * len(channels)
    return seeded(
        1,
        lambda: alive(
            AutoencoderKLTemporalDecoder(block_out_channels=channels, down_block_types=types, layers_per_block=1)
        ),
    )


def svd() -> dict[str, Tensor]:
    """Everything in one file, with the encoder of pictures."""
    found = _below(UNET, unet(), svd_unet_map) | _below(VAE, vae(), svd_vae_map)
    sees = {SEES + key.removeprefix(VISUAL): tensor for key, tensor in visual(adapters.vision()).items()}
    return {**found, **sees}


def write(path: Path) -> Path:
    """One file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.clone().contiguous() for key, tensor in svd().items()}, path)
    return path


def _below(prefix: str, network: nn.Module, key_map: Callable[[Shapes], KeyMap]) -> dict[str, Tensor]:
    tensors = file_tensors(key_map(state_shapes(network)), network.state_dict())
    return {f"{prefix}{key}": tensor for key, tensor in tensors.items()}
