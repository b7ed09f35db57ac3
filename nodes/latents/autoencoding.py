"""Nodes between pictures and latents."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion import autoencoding
from nodes.diffusion.autoencoding import Tiling
from nodes.diffusion.models import ModelRegistry
from nodes.sockets import Image, Latent, Mask, Vae

Overlap = Annotated[
    int, Field(ge=0, le=4096, multiple_of=32, description="How far neighbouring tiles overlap, in pixels.")
]
Frames = Annotated[
    int, Field(ge=8, le=4096, multiple_of=4, description="Frames of a tile; of no account for pictures.")
]
FrameOverlap = Annotated[
    int, Field(ge=4, le=4096, multiple_of=4, description="Frames of overlap; of no account for pictures.")
]


@node("VAEDecode", title="Decode latent", category="latent", occupies="gpu")
def decode_latent(
    samples: Latent,
    vae: Annotated[Vae, Field(description="The autoencoder that belongs to the model.")],
    *,
    models: ModelRegistry,
) -> Image:
    """Turn latents into pictures."""
    with models.use_vae(vae) as autoencoder:
        return autoencoding.decode(autoencoder, samples["samples"])


@node("VAEEncode", title="Encode image", category="latent", occupies="gpu")
def encode_image(pixels: Image, vae: Vae, *, models: ModelRegistry) -> Latent:
    """Turn pictures into latents, to draw on or to be changed by sampling."""
    with models.use_vae(vae) as autoencoder:
        return {"samples": autoencoding.encode(autoencoder, pixels)}


@node("VAEDecodeTiled", title="Decode latent in tiles", category="latent", occupies="gpu")
def decode_latent_tiled(
    samples: Latent,
    vae: Vae,
    tile_size: Annotated[int, Field(ge=64, le=4096, multiple_of=32, description="Side of a tile, in pixels.")] = 512,
    overlap: Overlap = 64,
    temporal_size: Frames = 64,
    temporal_overlap: FrameOverlap = 8,
    *,
    models: ModelRegistry,
) -> Image:
    """Turn latents into pictures tile by tile, for pictures that do not fit into memory at once."""
    with models.use_vae(vae) as autoencoder:
        return autoencoding.decode_tiled(autoencoder, samples["samples"], Tiling(tile_size, overlap))


@node("VAEEncodeTiled", title="Encode image in tiles", category="latent", occupies="gpu")
def encode_image_tiled(
    pixels: Image,
    vae: Vae,
    tile_size: Annotated[int, Field(ge=64, le=4096, multiple_of=64, description="Side of a tile, in pixels.")] = 512,
    overlap: Overlap = 64,
    temporal_size: Frames = 64,
    temporal_overlap: FrameOverlap = 8,
    *,
    models: ModelRegistry,
) -> Latent:
    """Turn pictures into latents tile by tile, for pictures that do not fit into memory at once."""
    with models.use_vae(vae) as autoencoder:
        return {"samples": autoencoding.encode_tiled(autoencoder, pixels, Tiling(tile_size, overlap))}


@node("VAEEncodeForInpaint", title="Encode image for inpainting", category="latent/inpaint", occupies="gpu")
def encode_for_inpaint(
    pixels: Image,
    vae: Vae,
    mask: Annotated[Mask, Field(description="1 where to paint anew.")],
    grow_mask_by: Annotated[
        int, Field(ge=0, le=64, multiple_of=1, description="Pixels by which the mask grows, to hide the seam.")
    ] = 6,
    *,
    models: ModelRegistry,
) -> Latent:
    """Grey out the masked part of pictures, turn them into latents, and let sampling paint that part anew."""
    with models.use_vae(vae) as autoencoder:
        return autoencoding.encode_for_inpainting(autoencoder, pixels, mask, grow_mask_by)
