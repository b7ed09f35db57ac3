"""Nodes that join, cut and repeat batches of pictures, masks and latents."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.node import Grow, node
from graph.values import AsList
from nodes.diffusion import latent_operations
from nodes.diffusion.pictures import batching
from nodes.diffusion.types import Latent as LatentValue
from nodes.limits import MAX_RESOLUTION, BatchSize
from nodes.sockets import Image, Latent, Mask

Item = TypeVar("Item")
MOST = 50
"""How many inputs a batch node has."""
First = Annotated[
    int,
    Field(ge=-MAX_RESOLUTION, le=MAX_RESOLUTION, description="The first one, from 0; negative counts from the end."),
]
Together = Annotated[
    list[int], Socket("INT"), Field(default=1, ge=1, le=4096, description="How many are to be in one batch.")
]


@node("BatchImagesNode", title="Batch images", category="image/batch")
def batch_images(
    images: Annotated[
        dict[str, Image],
        Grow(tuple(f"image{number}" for number in range(MOST)), minimum=1),
        Field(description="Pictures or batches of them."),
    ],
) -> Image:
    """Put pictures one after the other into one batch.

    All take the size of the first; their sides are cut where the aspect ratio differs.
    """
    return batching.joined(_in_order(images, "image"))


@node("BatchMasksNode", title="Batch masks", category="mask")
def batch_masks(
    masks: Annotated[
        dict[str, Mask],
        Grow(tuple(f"mask{number}" for number in range(MOST)), minimum=1),
        Field(description="Masks or batches of them."),
    ],
) -> Mask:
    """Put masks one after the other into one batch; all are stretched to the size of the first."""
    return batching.joined_masks(_in_order(masks, "mask"))


@node("BatchLatentsNode", title="Batch latents", category="latent/batch")
def batch_latents(
    latents: Annotated[
        dict[str, Latent],
        Grow(tuple(f"latent{number}" for number in range(MOST)), minimum=1),
        Field(description="Latents or batches of them."),
    ],
) -> Latent:
    """Put latents one after the other into one batch.

    All take the size of the first; their sides are cut where the aspect ratio differs.
    """
    first, *rest = _in_order(latents, "latent")
    for latent in rest:
        first = latent_operations.join(first, latent)
    return first


@node("ImageFromBatch", title="Image from batch", category="image/batch")
def image_from_batch(
    image: Image,
    batch_index: First = 0,
    length: Annotated[BatchSize, Field(description="How many to take.")] = 1,
) -> Image:
    """Take some pictures out of a batch."""
    return image[batching.window(len(image), batch_index, length)]


@node("RepeatImageBatch", title="Repeat image batch", category="image/batch")
def repeat_image_batch(image: Image, amount: Annotated[BatchSize, Field(description="How many times.")] = 1) -> Image:
    """Repeat a batch of pictures."""
    return image.repeat(amount, 1, 1, 1)


@node("RebatchImages", title="Rebatch images", category="image/batch", takes_lists=True)
def rebatch_images(
    images: Annotated[list[Tensor], Socket("IMAGE"), Field(description="Pictures, in whatever batches.")],
    batch_size: Together,
) -> Annotated[Sequence[Tensor], Socket("IMAGE"), AsList()]:
    """Cut and join batches of pictures so that each has a number of pictures; those of one size only."""
    return batching.rebatched(images, batch_size[0])


@node("RebatchLatents", title="Rebatch latents", category="latent/batch", takes_lists=True)
def rebatch_latents(
    latents: Annotated[list[LatentValue], Socket("LATENT"), Field(description="Latents, in whatever batches.")],
    batch_size: Together,
) -> Annotated[Sequence[LatentValue], Socket("LATENT"), AsList()]:
    """Cut and join batches of latents so that each has a number of latents; those of one size only."""
    return latent_operations.rebatched(latents, batch_size[0])


def _in_order(items: Mapping[str, Item], prefix: str) -> list[Item]:
    return [items[name] for name in sorted(items, key=lambda name: int(name.removeprefix(prefix)))]
