"""Tiny models of the kind Wan in the layout of their original files, whose shapes tell what each is shown."""

from typing import Any

from diffusers import AutoencoderKLWan
from torch import Tensor
from transformers import UMT5Config, UMT5EncoderModel

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.wan_layout import CAMERA, LAYOUT, REFERENCE
from nodes.diffusion.families.wan_network import new_wan_network
from nodes.diffusion.families.wan_vae_layout import wan_vae_map
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.diffusion.newer_originals import NewerOriginal, alive, wan_vae
from tests.nodes.diffusion.originals import seeded

SIZES = {"num_attention_heads": 1, "attention_head_dim": 128, "text_dim": 32, "ffn_dim": 64, "num_layers": 2}
POSITIONS = 17
"""Of a picture as the tiny CLIP sees it."""
SEEING = {"image_dim": adapters.HIDDEN, "added_kv_proj_dim": 128}
SMALL = {"in_channels": 48, "out_channels": 48}
KINDS: dict[str, dict[str, Any]] = {
    "text": {},
    "2.1 from pictures": {"in_channels": 36, **SEEING},
    "2.2 from pictures": {"in_channels": 36},
    "first and last": {"in_channels": 36, **SEEING, "pos_embed_seq_len": 2 * POSITIONS},
    "vace": {"num_layers": 4, "vace_layers": [0, 2], "vace_in_channels": 96},
    "control": {"in_channels": 48, **SEEING},
    "2.2 control": {"in_channels": 52, REFERENCE: 16},
    "2.1 camera": {"in_channels": 32, **SEEING, CAMERA: 24 * 64},
    "camera": {"in_channels": 36, CAMERA: 24 * 64},
    "5 billion": SMALL,
    "5 billion inpaint": {**SMALL, "in_channels": 100},
    "5 billion control": {**SMALL, "in_channels": 148, REFERENCE: 48},
}
"""What is special about the transformer of each kind."""


def wan(kind: str = "text") -> NewerOriginal:
    """A tiny model of a kind with its text encoder and the autoencoder that belongs to it."""

    def build() -> NewerOriginal:
        network = alive(new_wan_network({**SIZES, **KINDS[kind]}))
        text = {"vocab_size": 200, "d_model": 32, "d_kv": 64, "d_ff": 48, "num_layers": 2, "num_heads": 1}
        encoder = UMT5EncoderModel(UMT5Config(**text, feed_forward_proj="gated-gelu")).eval()
        vae = small_vae() if "5 billion" in kind else wan_vae()
        return NewerOriginal(network, LAYOUT, encoder, vae, "")

    return seeded(3, build)


def small_vae() -> dict[str, Tensor]:
    """The weights of a tiny autoencoder of Wan 2.2 with 5 billion weights, as its file has them."""
    network = AutoencoderKLWan(
        base_dim=8,
        decoder_base_dim=16,
        z_dim=48,
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
    )
    return file_tensors(wan_vae_map(state_shapes(network)), network.state_dict())
