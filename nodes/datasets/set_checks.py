"""Nodes that compare a set of pictures with a reference set: how far it is, how alike, and whether it holds copies."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.node import node
from nodes.diffusion import autoencoding
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.sets import distances
from nodes.diffusion.sets.features import Features, coloured, of_pixels
from nodes.diffusion.teaching.sheets import Sheet, contact_sheet
from nodes.diffusion.types import VaeHandle
from nodes.diffusion.vision.encoder import VisionHandle, see
from nodes.sockets import Image

CATEGORY = "dataset/checks"
SHOWN = 8
"""How many pairs a sheet shows."""
Pictures = Annotated[list[Tensor], Socket("IMAGE")]
OneVae = Annotated[list[VaeHandle] | None, Socket("VAE")]
OneVision = Annotated[list[VisionHandle] | None, Socket("CLIP_VISION")]
Made = Annotated[Pictures, Field(description="The pictures that were made.")]
Reference = Annotated[
    Pictures, Field(description="The pictures that they are compared with, such as those of a folder.")
]
ByVae = Annotated[OneVae, Field(description="Compare latents of this autoencoder in place of pixels.")]
ByVision = Annotated[OneVision, Field(description="Compare what this encoder sees, in place of pixels.")]


class Report(NamedTuple):
    """How a set is beside another one."""

    frechet: Annotated[float, Field(description="Fréchet distance: 0 where means and spread are the same.")]
    likeness: Annotated[float, Field(description="Mean SSIM of pairs of the set: near 1 it repeats itself.")]
    reference_likeness: Annotated[float, Field(description="The same of the reference.")]
    text: Annotated[str, Field(description="All of it, with the features that were compared.")]


class Nearest(NamedTuple):
    """For each picture, what it is most like."""

    copies: Annotated[int, Field(description="How many pictures are as good as copies.")]
    closest: Annotated[float, Field(description="The share of the nearest one: 0 is a copy, 1 is usual.")]
    sheet: Annotated[Image, Field(description="Each picture beside its nearest, the nearest pairs first.")]
    text: Annotated[str, Field(description="What was found.")]


@node("SetReport", title="Compare sets of pictures", category=CATEGORY, occupies="gpu", takes_lists=True)
def set_report(
    images: Made, reference: Reference, vae: ByVae = None, clip_vision: ByVision = None, *, models: ModelRegistry
) -> Report:
    """Say how far a set is from a reference set (Fréchet distance), and how much each repeats itself (SSIM).

    The distance is that of FID, but not its features: those of the autoencoder or the encoder that is linked here, or
    else means of pixels. So it can be compared with figures of this node only, and for the same features.
    """
    made, known = _singles(images), _singles(reference)
    first, second = (_features(each, vae, clip_vision, models) for each in (made, known))
    distance = distances.frechet_distance(first.coarse(), second.coarse())
    own, other = distances.likeness_within(made), distances.likeness_within(known)
    text = (
        f"Fréchet distance {distance:.3f} (features: {first.name}, {first.coarse().shape[1]} numbers a picture)\n"
        f"{len(made)} pictures, mean SSIM of pairs {own:.3f}\n{len(known)} of the reference, {other:.3f}"
    )
    return Report(distance, own, other, text)


@node("MemorisationCheck", title="Nearest neighbours", category=CATEGORY, occupies="gpu", takes_lists=True)
def memorisation_check(
    images: Made,
    reference: Reference,
    below: Annotated[
        list[float],
        Socket("FLOAT"),
        Field(default=0.4, ge=0.0, le=1.0, multiple_of=0.01, description="The share below which it counts as a copy."),
    ],
    vae: ByVae = None,
    clip_vision: ByVision = None,
    *,
    models: ModelRegistry,
) -> Nearest:
    """Look for copies: pictures that are much nearer to one of the reference than those are to each other.

    Mirrored copies are found too. It finds what is alike in the features that are compared: no finding is no proof that
    nothing was memorised.
    """
    made, known = _singles(images), _singles(reference)
    flipped = _features([image.flip(1) for image in known], vae, clip_vision, models)
    first, second = (_features(each, vae, clip_vision, models) for each in (made, known))
    found = distances.neighbours(first.fine(), second.fine(), flipped.fine())
    copies = found.copies(below[0])
    nearest = sorted(range(len(made)), key=lambda number: found.shares[number])[:SHOWN]
    pairs = [image for number in nearest for image in (made[number], known[found.nearest[number]])]
    labels = [text for number in nearest for text in (f"share {found.shares[number]:.2f}", "its nearest")]
    sheet = contact_sheet(pairs, Sheet(columns=4, title="Pictures and what they are most like", labels=labels))
    named = f": {', '.join(f'picture {number}' for number in copies)}" if copies else ""
    text = (
        f"{len(copies)} of {len(made)} pictures are as good as copies{named}\n"
        f"nearest share {min(found.shares):.2f}, below {below[0]:g} counts (features: {first.name})"
    )
    return Nearest(len(copies), min(found.shares), sheet, text)


def _singles(batches: Sequence[Tensor]) -> list[Tensor]:
    return [image for batch in batches for image in batch]


def _features(
    images: Sequence[Tensor],
    vae: Sequence[VaeHandle] | None,
    clip_vision: Sequence[VisionHandle] | None,
    models: ModelRegistry,
) -> Features:
    """What is compared of pictures (height, width, channels)."""
    if clip_vision:
        return Features("CLIP vision", torch.cat([_seen(image, clip_vision[0], models) for image in images]))
    if not vae:
        return of_pixels(images)
    with models.use_vae(vae[0]) as autoencoder:
        latents = [autoencoding.encode(autoencoder, coloured(image)) for image in images]
    if len({latent.shape for latent in latents}) > 1:
        raise DiffusionError("All pictures need one size to be compared by an autoencoder; scale them first.")
    return Features("autoencoder", torch.cat(latents).float())


def _seen(image: Tensor, clip_vision: VisionHandle, models: ModelRegistry) -> Tensor:
    """What an encoder sees, as one vector (1, width)."""
    seen = see(models, clip_vision, coloured(image), "center")
    return seen.image_embeds if seen.image_embeds is not None else seen.last_hidden_state.mean(1)
