"""Guides: pictures that a video is to show from one of its frames on, put where LTX-Video sees them."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from nodes.diffusion import autoencoding
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.inpainting import fit_mask
from nodes.diffusion.keyframes import CELL, FRAMES, cells, count, with_keyframes, without_keyframes
from nodes.diffusion.pictures.imaging import scale
from nodes.diffusion.types import Autoencoder, Conditioning, Latent, ModelHandle, Patch
from nodes.diffusion.weights.statefile import StateFile

FOLD = "reference_downscale_factor"
"""How a LoRA says in its header how many times smaller than the video it sees guides; the ecosystem's name."""
NOT_THERE = -1.0
"""What a noise mask holds where there are no cells: networks leave those out."""


class Guided(NamedTuple):
    """Conditionings that know of keyframes, and the latent that has them behind its video."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@dataclass(frozen=True, eq=False)
class Guide:
    """Pictures that a video is to show from one of its frames on.

    Attributes:
        images: (frames, height, width, channels) in 0..1; of several, whole cells count.
        frame: of the video; negative numbers count from its end.
        strength: 0..1: how exactly they are kept, and heeded.
        fold: how many times smaller each side is encoded, as some LoRAs were trained.
    """

    images: Tensor
    frame: int
    strength: float
    fold: int = 1


def guided(
    autoencoder: Autoencoder, positive: Conditioning, negative: Conditioning, latent: Latent, guide: Guide
) -> Guided:
    """Put the pictures of a guide behind a latent.

    Raises:
        DiffusionError: the latent is no video, the autoencoder belongs to another kind of model, or the guide reaches
            beyond the end of the video.
    """
    samples, mask = video_of(latent), mask_of(latent)
    frame, is_alone = _beginning(guide, samples.shape[2] - count(positive))
    given = _seen(autoencoder, guide, samples, is_alone=is_alone)
    if -(-frame // FRAMES) + given.shape[2] > samples.shape[2]:
        raise DiffusionError(
            f"{given.shape[2]} frames of latent from frame {frame} of the video on reach beyond its end: let the guide "
            "begin earlier, give it fewer pictures, or make the video longer."
        )
    places = cells(given.shape[2:], frame, is_alone=is_alone, fold=guide.fold)
    kept = mask.new_full((*mask.shape[:2], given.shape[2], *mask.shape[3:]), 1.0 - guide.strength)
    if guide.fold > 1:
        mask, kept = (each.expand(-1, -1, -1, *samples.shape[-2:]) for each in (mask, kept))
        kept = _spread(kept[..., :: guide.fold, :: guide.fold], guide.fold, NOT_THERE)
    return Guided(
        with_keyframes(positive, places, given.shape[2:], guide.strength),
        with_keyframes(negative, places, given.shape[2:], guide.strength),
        {
            "samples": torch.cat([samples, given.expand(len(samples), -1, -1, -1, -1)], dim=2),
            "noise_mask": torch.cat([mask, kept], dim=2),
        },
    )


def without_guides(positive: Conditioning, negative: Conditioning, latent: Latent) -> Guided:
    """Cut the keyframes off again."""
    samples, mask = video_of(latent), mask_of(latent)
    frames = samples.shape[2] - count(positive)
    return Guided(
        without_keyframes(positive),
        without_keyframes(negative),
        {"samples": samples[:, :, :frames].clone(), "noise_mask": mask[:, :, :frames]},
    )


def begun(autoencoder: Autoencoder, latent: Latent, images: Tensor, strength: float) -> Latent:
    """A latent whose first frames are pictures.

    Args:
        autoencoder: of videos.
        latent: of a video; the pictures are resized to it.
        images: (frames, height, width, channels) in 0..1; more than fit are left out.
        strength: 0..1: how exactly they are kept.

    Raises:
        DiffusionError: the latent is no video, or the autoencoder belongs to another kind of model.
    """
    samples, mask = video_of(latent).clone(), mask_of(latent)
    given = encoded(autoencoder, images, *_size(samples))[:, :, : samples.shape[2]]
    samples[:, :, : given.shape[2]] = given
    mask[:, :, : given.shape[2]] = 1.0 - strength
    return {"samples": samples, "noise_mask": mask}


def encoded(autoencoder: Autoencoder, images: Tensor, width: int, height: int) -> Tensor:
    """The latent of pictures as a video of a size in pixels: (1, channels, frames, rows, columns).

    Raises:
        DiffusionError: the autoencoder belongs to another kind of model.
    """
    if autoencoder.downscale != CELL:
        raise DiffusionError(
            f"The autoencoder makes a cell of {autoencoder.downscale} pixels a side, that of LTX-Video of {CELL}: take "
            "the one that comes with its checkpoint."
        )
    pixels = scale(images[..., :3], width, height, "bilinear", "center")
    latent = autoencoding.encode(autoencoder, pixels)
    return latent if latent.dim() == 5 else latent.unsqueeze(2)


def fold_of(model: ModelHandle) -> int:
    """How many times smaller a model sees guides, as the header of its last LoRA says; 1 where it says nothing.

    Raises:
        ModelFileError: the file of the LoRA cannot be read.
    """
    patches = [each for each in model.patches if isinstance(each, Patch)]
    if not patches:
        return 1
    try:
        return max(1, round(float(StateFile(patches[-1].source).metadata.get(FOLD, "1"))))
    except ValueError:
        return 1


def video_of(latent: Latent) -> Tensor:
    """The samples of a latent (batch, channels, frames, rows, columns).

    Raises:
        DiffusionError: it is no video.
    """
    samples = latent["samples"]
    if samples.dim() != 5:
        raise DiffusionError("The latent is no video. Begin with EmptyLTXVLatentVideo.")
    return samples


def mask_of(latent: Latent) -> Tensor:
    """The noise mask of a video, to be changed: (batch, 1, frames, …); 1 everywhere if it has none."""
    samples, mask = latent["samples"], latent.get("noise_mask")
    if mask is None:
        return torch.ones(len(samples), 1, samples.shape[2], 1, 1)
    fitted = mask if mask.dim() == 5 else fit_mask(mask, samples)
    return fitted.expand(len(samples), -1, samples.shape[2], -1, -1).clone()


def _beginning(guide: Guide, length: int) -> tuple[int, bool]:
    """With which frame of a video a guide begins, and whether its first picture has cells of its own.

    It has at the beginning of the video, and where it is the only one; otherwise cells of eight pictures begin where
    cells of the video do.
    """
    frame = guide.frame if guide.frame >= 0 else max((length - 1) * FRAMES + 1 + guide.frame, 0)
    if frame == 0 or len(guide.images) <= FRAMES:
        return frame, True
    return (frame - 1) // FRAMES * FRAMES + 1, False


def _seen(autoencoder: Autoencoder, guide: Guide, samples: Tensor, *, is_alone: bool) -> Tensor:
    """The latent of a guide's pictures; of those that fill no cell, the last are left out.

    Raises:
        DiffusionError: the video cannot be folded so.
    """
    images = guide.images if is_alone else torch.cat([guide.images[:1], guide.images])
    whole = (len(images) - 1) // FRAMES * FRAMES + 1
    width, height = _size(samples)
    if any(side % (guide.fold * CELL) for side in (width, height)):
        raise DiffusionError(
            f"The LoRA sees guides {guide.fold} times smaller, so the sides of the video must be multiples of "
            f"{guide.fold * CELL} pixels; it is {width} by {height}."
        )
    latent = encoded(autoencoder, images[:whole], width // guide.fold, height // guide.fold)
    return _spread(latent if is_alone else latent[:, :, 1:], guide.fold, 0.0)


def _spread(cells: Tensor, fold: int, between: float) -> Tensor:
    """Cells moved apart, `fold` times as many a side; the others have a value of their own."""
    if fold == 1:
        return cells
    rows, columns = (side * fold for side in cells.shape[-2:])
    found = cells.new_full((*cells.shape[:-2], rows, columns), between)
    found[..., ::fold, ::fold] = cells
    return found


def _size(samples: Tensor) -> tuple[int, int]:
    """Width and height of a video in pixels."""
    return samples.shape[-1] * CELL, samples.shape[-2] * CELL
