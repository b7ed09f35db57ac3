"""Nodes that make, move, cut, join and resize latents."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion import latent_operations
from nodes.diffusion.latent_operations import FlipMethod, Rotation
from nodes.diffusion.pictures.resizing import Crop, LatentMethod
from nodes.limits import BatchSize, Cells
from nodes.sockets import Latent, Mask

UpscaleMethod = Annotated[LatentMethod, Field(description="How values between cells are found.")]


@node("EmptyLatentImage", title="Empty latent", category="latent")
def empty_latent_image(
    width: Annotated[Cells, Field(ge=16, description="Width of the picture, in pixels.")] = 512,
    height: Annotated[Cells, Field(ge=16, description="Height of the picture, in pixels.")] = 512,
    batch_size: Annotated[BatchSize, Field(description="How many pictures to make at once.")] = 1,
) -> Latent:
    """Start from nothing: empty latents of the size that the picture is to have."""
    return latent_operations.empty(width, height, batch_size)


@node("SetLatentNoiseMask", title="Set latent noise mask", category="latent/inpaint")
def set_latent_noise_mask(samples: Latent, mask: Mask) -> Latent:
    """Let sampling change only the masked part of a latent; the rest stays as it is."""
    return latent_operations.with_noise_mask(samples, mask)


@node("LatentUpscale", title="Upscale latent", category="latent")
def latent_upscale(
    samples: Latent,
    upscale_method: UpscaleMethod,
    width: Annotated[Cells, Field(description="New width in pixels; 0 keeps the aspect ratio.")] = 512,
    height: Annotated[Cells, Field(description="New height in pixels; 0 keeps the aspect ratio.")] = 512,
    crop: Annotated[Crop, Field(description="Cut the sides to keep the aspect ratio, or stretch.")] = "disabled",
) -> Latent:
    """Resize latents to a size in picture pixels."""
    return latent_operations.upscale(samples, width, height, upscale_method, crop)


@node("LatentUpscaleBy", title="Upscale latent by", category="latent")
def latent_upscale_by(
    samples: Latent,
    upscale_method: UpscaleMethod,
    scale_by: Annotated[float, Field(ge=0.01, le=8.0, multiple_of=0.01, description="New size over old size.")] = 1.5,
) -> Latent:
    """Resize latents by a factor."""
    return latent_operations.upscale_by(samples, scale_by, upscale_method)


@node("LatentComposite", title="Composite latents", category="latent")
def latent_composite(
    samples_to: Annotated[Latent, Field(description="What is put upon.")],
    samples_from: Annotated[Latent, Field(description="What is put there.")],
    x: Annotated[Cells, Field(description="Distance from the left, in pixels.")] = 0,
    y: Annotated[Cells, Field(description="Distance from the top, in pixels.")] = 0,
    feather: Annotated[Cells, Field(description="Width of the faded edge, in pixels.")] = 0,
) -> Latent:
    """Put one latent onto another, with faded edges if wanted."""
    return latent_operations.composite(samples_to, samples_from, x, y, feather)


@node("LatentBatch", title="Batch latents", category="latent/batch", deprecated=True)
def latent_batch(samples1: Latent, samples2: Latent) -> Latent:
    """Put latents one after the other into one batch.

    The second takes the size of the first; its sides are cut where the aspect ratio differs.
    """
    return latent_operations.join(samples1, samples2)


@node("LatentFromBatch", title="Latent from batch", category="latent/batch")
def latent_from_batch(
    samples: Latent,
    batch_index: Annotated[
        int, Field(ge=-16384, le=16384, description="Which one is the first, from 0; negative counts from the end.")
    ] = 0,
    length: Annotated[int, Field(ge=1, le=64, description="How many to take.")] = 1,
) -> Latent:
    """Take some latents out of a batch; they keep the noise that they had in it."""
    return latent_operations.from_batch(samples, batch_index, length)


@node("SeedPerPicture", title="A seed for each picture", category="latent/batch")
def seed_per_picture(samples: Latent) -> Latent:
    """Give each picture of a batch a seed of its own, so that any of them can be made again alone.

    Picture 3 (from 0) of a batch that is sampled with seed 100 is then the picture of seed 103, with every sampler but
    `dpm_adaptive`. Put it between the empty latent and the sampler. Without it a batch draws its noise at once.
    """
    return latent_operations.with_own_seeds(samples)


@node("RepeatLatentBatch", title="Repeat latent batch", category="latent/batch")
def repeat_latent_batch(
    samples: Latent, amount: Annotated[int, Field(ge=1, le=64, description="How many times.")] = 1
) -> Latent:
    """Repeat a batch of latents; each repetition is sampled from noise of its own."""
    return latent_operations.repeat(samples, amount)


@node("LatentFlip", title="Flip latent", category="latent/transform")
def latent_flip(
    samples: Latent,
    flip_method: Annotated[FlipMethod, Field(description="About which axis.")],
) -> Latent:
    """Mirror latents, upside down or left to right."""
    return latent_operations.flip(samples, flip_method)


@node("LatentRotate", title="Rotate latent", category="latent/transform")
def latent_rotate(samples: Latent, rotation: Annotated[Rotation, Field(description="How far, clockwise.")]) -> Latent:
    """Turn latents clockwise by quarters."""
    return latent_operations.rotate(samples, rotation)


@node("LatentCrop", title="Crop latent", category="latent/transform")
def latent_crop(
    samples: Latent,
    width: Annotated[Cells, Field(ge=64, description="Width of what stays, in pixels.")] = 512,
    height: Annotated[Cells, Field(ge=64, description="Height of what stays, in pixels.")] = 512,
    x: Annotated[Cells, Field(description="Distance from the left, in pixels.")] = 0,
    y: Annotated[Cells, Field(description="Distance from the top, in pixels.")] = 0,
) -> Latent:
    """Cut a rectangle out of latents."""
    return latent_operations.crop(samples, width, height, x, y)
