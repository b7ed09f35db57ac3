"""Tiny models that are read by language models or by Pile-T5, in the layouts of their original files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import (
    AuraFlowTransformer2DModel,
    HiDreamImageTransformer2DModel,
    Krea2Transformer2DModel,
    Lumina2Transformer2DModel,
)
from torch import Tensor, nn
from transformers import Gemma2Config, Gemma2Model, LlamaConfig, LlamaModel, UMT5Config, UMT5EncoderModel

from nodes.diffusion.families.aura_flow import LAYOUT as AURA_FLOW
from nodes.diffusion.families.krea2 import LAYOUT as KREA2
from nodes.diffusion.families.lumina2 import LAYOUT as LUMINA2
from tests.nodes.diffusion.newer_originals import NewerOriginal, alive, flux_vae, qwen3, wan_vae
from tests.nodes.diffusion.originals import autoencoder, clip, seeded, t5, vae_tensors

IS_LLAMA = {"latentloom.language": '{"kind": "llama3"}'}
"""What the header of a Llama says whose vocabulary is smaller than the published one."""
LLAMA_POSITIONS = {
    "rope_type": "llama3",
    "rope_theta": 5e5,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def lumina2() -> NewerOriginal:
    """A tiny Lumina 2, with Flux's autoencoder."""

    def build() -> NewerOriginal:
        network = Lumina2Transformer2DModel(
            hidden_size=96,
            num_layers=2,
            num_refiner_layers=1,
            num_attention_heads=4,
            num_kv_heads=2,
            axes_dim_rope=(8, 8, 8),
            cap_feat_dim=64,
        )
        beside = {"norm_final.weight": torch.ones(96)}
        return NewerOriginal(alive(network), LUMINA2, gemma2(), flux_vae(), beside=beside)

    return seeded(4, build)


def aura_flow() -> NewerOriginal:
    """A tiny AuraFlow, whose pictures have at most 128 pixels a side."""

    def build() -> NewerOriginal:
        network = AuraFlowTransformer2DModel(
            num_mmdit_layers=1,
            num_single_dit_layers=2,
            attention_head_dim=256,
            num_attention_heads=1,
            joint_attention_dim=32,
            caption_projection_dim=256,
            pos_embed_max_size=64,
        )
        config = UMT5Config(
            vocab_size=200, d_model=32, d_kv=64, d_ff=48, num_layers=2, num_heads=1, feed_forward_proj="gated-gelu"
        )
        vae = vae_tensors(autoencoder(latent=4), "")
        return NewerOriginal(alive(network), AURA_FLOW, UMT5EncoderModel(config).eval(), vae, "")

    return seeded(5, build)


def krea2() -> NewerOriginal:
    """A tiny Krea 2, which reads two layers of its text encoder."""

    def build() -> NewerOriginal:
        network = Krea2Transformer2DModel(
            num_layers=2,
            attention_head_dim=32,
            num_attention_heads=2,
            num_key_value_heads=1,
            intermediate_size=96,
            timestep_embed_dim=32,
            text_hidden_dim=64,
            num_text_layers=2,
            text_num_attention_heads=2,
            text_num_key_value_heads=2,
            text_intermediate_size=96,
            axes_dims_rope=(8, 12, 12),
        )
        seeing = {"visual.deepstack_merger_list.0.norm.weight": torch.zeros(8)}
        return NewerOriginal(alive(network), KREA2, qwen3(6), wan_vae(), text_beside=seeing)

    return seeded(7, build)


@dataclass(frozen=True)
class HiDreamOriginal:
    """A HiDream with four text encoders.

    Attributes:
        network: the transformer, whose file has the layout of diffusers.
        texts: the text encoders by name.
        vae: the autoencoder's weights as its file has them.
    """

    network: nn.Module
    texts: Mapping[str, nn.Module]
    vae: Mapping[str, Tensor]

    def files(self) -> dict[str, dict[str, Tensor]]:
        """The tensors of each file: `model`, `vae`, and the text encoders by name."""
        texts = {name: _text_tensors(name, network) for name, network in self.texts.items()}
        return {"model": self.network.state_dict(), "vae": dict(self.vae), **texts}


def hidream() -> HiDreamOriginal:
    """A tiny HiDream; its CLIPs read as much as the published ones."""

    def build() -> HiDreamOriginal:
        network = HiDreamImageTransformer2DModel(
            patch_size=2,
            in_channels=16,
            out_channels=16,
            num_layers=1,
            num_single_layers=2,
            attention_head_dim=128,
            num_attention_heads=1,
            caption_channels=[32, 64],
            text_emb_dim=80,
            axes_dims_rope=(64, 32, 32),
            max_resolution=(16, 16),
            llama_layers=[0, 1, 2],
        )
        texts = {
            "clip_l": clip(32, projects=True, max_position_embeddings=248),
            "clip_g": clip(48, openclip=True, projects=True, max_position_embeddings=218),
            "t5xxl": t5(32),
            "llama": llama3(),
        }
        return HiDreamOriginal(alive(network), texts, flux_vae())

    return seeded(6, build)


def gemma2(layers: int = 3) -> nn.Module:
    """A tiny Gemma 2."""
    return Gemma2Model(Gemma2Config(**_sizes(layers), head_dim=256, rms_norm_eps=1e-6)).eval()


def llama3(layers: int = 3) -> nn.Module:
    """A tiny Llama 3.1."""
    positions = {"rope_parameters": dict(LLAMA_POSITIONS), "rms_norm_eps": 1e-5}
    return LlamaModel(LlamaConfig(**_sizes(layers), head_dim=128, max_position_embeddings=131072, **positions)).eval()


def _text_tensors(name: str, network: nn.Module) -> dict[str, Tensor]:
    """A text encoder's weights as files of their own have them."""
    prefix = "model." if name == "llama" else ""
    unheld = ("encoder.embed_tokens.weight",)
    return {prefix + key: tensor for key, tensor in network.state_dict().items() if key not in unheld}


def _sizes(layers: int) -> dict[str, Any]:
    return {
        "vocab_size": 300,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": layers,
        "num_attention_heads": 1,
        "num_key_value_heads": 1,
        "bos_token_id": None,
        "eos_token_id": None,
    }
