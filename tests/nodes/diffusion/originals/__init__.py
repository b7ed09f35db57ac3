"""Models in the layouts of their original files: tiny ones with weights, and ones of full size that take no room."""

from tests.nodes.diffusion.originals.flows import FlowOriginal, chroma, flux, sd3
from tests.nodes.diffusion.originals.full_sizes import (
    CLIP_G,
    CLIP_H,
    CLIP_L,
    FLUX_DEV,
    REFINER_UNET,
    SD1_UNET,
    SD2_UNET,
    SD3_MEDIUM,
    SD35_LARGE,
    SD35_MEDIUM,
    SDXL_UNET,
    X4_UNET,
    full_size,
    write_hollow,
)
from tests.nodes.diffusion.originals.parts import autoencoder, clip, clip_tensors, seeded, t5, vae_tensors
from tests.nodes.diffusion.originals.unets import TINY_UNET, Original, original_unet, refiner, sd2, sdxl
from tests.nodes.diffusion.originals.vocabulary import write_t5_vocabulary

__all__ = [
    "CLIP_G",
    "CLIP_H",
    "CLIP_L",
    "FLUX_DEV",
    "REFINER_UNET",
    "SD1_UNET",
    "SD2_UNET",
    "SD3_MEDIUM",
    "SD35_LARGE",
    "SD35_MEDIUM",
    "SDXL_UNET",
    "TINY_UNET",
    "X4_UNET",
    "FlowOriginal",
    "Original",
    "autoencoder",
    "chroma",
    "clip",
    "clip_tensors",
    "flux",
    "full_size",
    "original_unet",
    "refiner",
    "sd2",
    "sd3",
    "sdxl",
    "seeded",
    "t5",
    "vae_tensors",
    "write_hollow",
    "write_t5_vocabulary",
]
