"""Tiny models of LTX-Video in the layout of their original files, and the published configurations."""

from typing import Any

from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from torch import Tensor

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.ltxv import Ltxv
from nodes.diffusion.families.ltxv_vae_layout import ltxv_vae_map
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.newer_originals import NewerOriginal, alive
from tests.nodes.diffusion.originals import seeded, t5

TIMED: dict[str, Any] = {
    "decoder_block_out_channels": (256, 512, 1024),
    "decoder_layers_per_block": (5, 6, 7, 8),
    "decoder_spatio_temporal_scaling": (True, True, True),
    "decoder_inject_noise": (True, True, True, False),
    "upsample_residual": (True, True, True),
    "upsample_factor": (2, 2, 2),
    "timestep_conditioning": True,
}
LATE: dict[str, Any] = {
    **TIMED,
    "block_out_channels": (128, 256, 512, 1024, 2048),
    "down_block_types": ("LTXVideo095DownBlock3D",) * 4,
    "layers_per_block": (4, 6, 6, 2, 2),
    "spatio_temporal_scaling": (True, True, True, True),
    "downsample_type": ("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
    "decoder_layers_per_block": (5, 5, 5, 5),
    "decoder_inject_noise": (False, False, False, False),
    "spatial_compression_ratio": 32,
    "temporal_compression_ratio": 8,
}
AUTOENCODERS: dict[str, dict[str, Any]] = {"0.9.0": {}, "0.9.1": TIMED, "0.9.5": LATE}
"""As published, by version."""
_FEW = {
    "block_out_channels": lambda widths: tuple(8 * 2**level for level in range(len(widths))),
    "decoder_block_out_channels": lambda widths: tuple(16 * 2**level for level in range(len(widths))),
    "layers_per_block": lambda counts: (1,) * len(counts),
    "decoder_layers_per_block": lambda counts: (1,) * len(counts),
}


def tiny_config(version: str) -> dict[str, Any]:
    """The configuration of an autoencoder, with few channels and layers."""
    plain = {"block_out_channels": (0,) * 4, "decoder_block_out_channels": (0,) * 4}
    plain |= {"layers_per_block": (0,) * 5, "decoder_layers_per_block": (0,) * 5}
    config = {**plain, **AUTOENCODERS[version]}
    return {name: _FEW[name](value) if name in _FEW else value for name, value in config.items()}


def vae(version: str = "0.9.1", prefix: str = "") -> dict[str, Tensor]:
    """The weights of a tiny autoencoder as its file has them, with what lies beside."""
    network = alive(AutoencoderKLLTXVideo(**tiny_config(version)))
    network.latents_mean.copy_(network.latents_mean + 0.1)
    tensors = file_tensors(ltxv_vae_map(state_shapes(network)), network.state_dict())
    beside = {"per_channel_statistics.channel": network.latents_mean.clone()}
    return {f"{prefix}{key}": tensor for key, tensor in {**tensors, **beside}.items()}


def ltxv(version: str = "0.9.1") -> NewerOriginal:
    """A tiny LTX-Video."""

    def build() -> NewerOriginal:
        network = LTXVideoTransformer3DModel(
            num_attention_heads=32, attention_head_dim=4, cross_attention_dim=128, num_layers=2, caption_channels=96
        )
        return NewerOriginal(alive(network), Ltxv.layout, t5(96), vae(version), "")

    return seeded(4, build)
