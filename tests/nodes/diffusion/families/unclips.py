"""A tiny Stable Diffusion 2.1 unCLIP in the layout of its original file, with the encoder that it sees with."""

from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPVisionModelWithProjection

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.weights import file_tensors
from nodes.diffusion.vision.open_layout import vision_keys
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.image_prompt import adapters

VISUAL = "embedder.model.visual."


def model(seed: int = 0) -> originals.Original:
    """The model without what it sees with."""
    sizes = {"cross_attention_dim": 32, "attention_head_dim": (1, 1), "use_linear_projection": True}
    told = {"class_embed_type": "projection", "projection_class_embeddings_input_dim": 2 * adapters.SEEN}
    return originals.seeded(
        seed,
        lambda: originals.Original(
            UNet2DConditionModel(**originals.TINY_UNET, **sizes, **told).eval(),
            {"cond_stage_model.model.": (originals.clip(openclip=True, projects=True), True)},
            originals.autoencoder(),
        ),
    )


def visual(encoder: CLIPVisionModelWithProjection) -> dict[str, Tensor]:
    """An encoder of pictures in OpenCLIP's layout."""
    found = file_tensors(vision_keys(state_shapes(encoder)), encoder.state_dict())
    return {f"{VISUAL}{key}": tensor.contiguous() for key, tensor in found.items()}


def statistics() -> dict[str, Tensor]:
    """What real files say of the noise, with the tables that follow from it."""
    generator = torch.Generator().manual_seed(6)
    return {
        "noise_augmentor.data_mean": torch.randn(1, adapters.SEEN, generator=generator),
        "noise_augmentor.data_std": torch.rand(1, adapters.SEEN, generator=generator) + 0.5,
        "noise_augmentor.betas": torch.zeros(1000),
    }


def whole() -> dict[str, Tensor]:
    """Everything in one file."""
    return {**model().tensors(), **visual(adapters.vision()), **statistics()}


def write(path: Path) -> Path:
    """One file with everything."""
    return model().write(path, **visual(adapters.vision()), **statistics())
