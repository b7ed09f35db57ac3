"""A tiny PhotoMaker for the tiny Stable Diffusion XL."""

import torch
from torch import Tensor

from nodes.diffusion.vision.person import PersonEncoder
from tests.nodes.diffusion import originals

VISION = {
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 16,
    "num_channels": 3,
    "patch_size": 7,
    "image_size": 28,
    "hidden_act": "quick_gelu",
    "projection_dim": 32,
}


def encoder() -> PersonEncoder:
    """The network, for texts that are 80 numbers wide."""
    return originals.seeded(5, lambda: PersonEncoder(VISION, 48).eval())


def tensors(prefix: str = "id_encoder.") -> dict[str, Tensor]:
    """What a file holds, with the LoRA that comes with it."""
    found = {f"{prefix}{key.removeprefix('vision.')}": each for key, each in encoder().state_dict().items()}
    return {**found, "lora_weights.unet.x.lora_A.weight": torch.zeros(2)} if prefix else found
