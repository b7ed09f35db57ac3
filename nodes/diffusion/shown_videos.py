"""Frames and videos as models of videos see them: latents beside the one that is sampled, with masks over frames.

Pictures are frames `(frames, height, width, channels)` in 0..1; latents `(1, channels, frames, height, width)` are
unscaled. In a mask 1 is made and 0 is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion import autoencoding
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.wan_autoencoder import format_of
from nodes.diffusion.pictures.imaging import scale
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.types import Autoencoder

FRAMES = 4
"""Of a video in each frame of its latent, after the first."""
GREY = 0.5
"""Of frames of which nothing is known."""
Shown = Mapping[str, Tensor]
"""Options of a conditioning, as the ecosystem calls them."""


@dataclass(frozen=True)
class VideoSize:
    """How large a video is: width and height in pixels, length in frames."""

    width: int
    height: int
    length: int

    @property
    def latent_frames(self) -> int:
        """Frames of its latent."""
        return (self.length - 1) // FRAMES + 1

    def empty(self, channels: int, downscale: int, batch: int = 1) -> Tensor:
        """A latent of nothing."""
        return torch.zeros(batch, channels, self.latent_frames, self.height // downscale, self.width // downscale)

    def fitted(self, frames: Tensor) -> Tensor:
        """Frames in this size, as many as there are, at most `length`: the middle is kept, colours alone."""
        return scale(frames[: self.length, ..., :3], self.width, self.height, "bilinear", "center")

    def filled(self, frames: Tensor | None) -> Tensor:
        """Frames in this size, followed by grey until the video is full."""
        shown = torch.zeros(0, self.height, self.width, 3) if frames is None else self.fitted(frames)
        return functional.pad(shown, (0, 0, 0, 0, 0, 0, 0, self.length - len(shown)), value=GREY)


def encoded(autoencoder: Autoencoder, frames: Tensor) -> Tensor:
    """The latent of a video, also of one that is a single picture.

    Raises:
        DiffusionError: the autoencoder knows nothing of videos.
    """
    if not getattr(autoencoder, "reads_videos", False):
        raise DiffusionError("The autoencoder reads single pictures; take that of the model of videos.")
    latent = autoencoding.encode(autoencoder, frames)
    return latent if latent.dim() == 5 else latent.unsqueeze(2)


def beginning(autoencoder: Autoencoder, first: Tensor, size: VideoSize) -> Shown:
    """The first frames of a video, and grey where a model makes its own."""
    latent = encoded(autoencoder, size.filled(first))
    given = (min(len(first), size.length) - 1) // FRAMES + 1
    return {"concat_latent_image": latent, "concat_mask": made_after(given, latent)}


def made_after(given: int, latent: Tensor) -> Tensor:
    """A mask for a latent whose first frames are given (batch, 1, frames, height, width)."""
    mask = torch.ones_like(latent[:, :1])
    mask[:, :, :given] = 0.0
    return mask


def ends(autoencoder: Autoencoder, first: Tensor | None, last: Tensor | None, size: VideoSize) -> Shown:
    """The first and the last frames of a video, either of which may be missing, and grey between them."""
    video, count = size.filled(first), 0
    if last is not None:
        shown = size.fitted(last[-size.length :])
        count = len(shown)
        video[-count:] = shown
    mask = made_between(size, 0 if first is None else len(first), count, autoencoder.downscale)
    return {"concat_latent_image": encoded(autoencoder, video), "concat_mask": mask}


def made_between(size: VideoSize, first: int, last: int, downscale: int) -> Tensor:
    """A mask with a channel for each frame that a latent frame stands for (1, 4, frames, height, width).

    The first latent frame stands for one frame alone.

    Args:
        size: of the video.
        first: how many frames are given at the beginning.
        last: how many are given at the end.
        downscale: pixels a side of a cell.
    """
    made = torch.ones(FRAMES * size.latent_frames)
    if first:
        made[: min(first, size.length) + FRAMES - 1] = 0.0
    if last:
        made[-last:] = 0.0
    cells = size.height // downscale, size.width // downscale
    return made.view(1, -1, FRAMES, 1, 1).transpose(1, 2).expand(-1, -1, -1, *cells).contiguous()


def beside_each_other(autoencoder: Autoencoder, size: VideoSize, videos: Sequence[Tensor | None]) -> Tensor:
    """The latents of several videos side by side; what is missing of one is nothing, and None is missing as a whole.

    Raises:
        DiffusionError: the autoencoder is none of Wan.
    """
    nothing = format_of(autoencoder).from_network(size.empty(autoencoder.latent_channels, autoencoder.downscale))
    latents = [nothing.clone() for _ in videos]
    for latent, video in zip(latents, videos, strict=True):
        if video is not None:
            shown = encoded(autoencoder, size.fitted(video))[:, :, : size.latent_frames]
            latent[:, :, : shown.shape[2]] = shown
    return torch.cat(latents, dim=1)


def followed(
    autoencoder: Autoencoder, size: VideoSize, video: Tensor | None, masks: Tensor | None
) -> tuple[Tensor, Tensor]:
    """A video that VACE follows, in two parts, and its mask (Jiang et al., 2025, "VACE", section 3.2).

    Args:
        autoencoder: of videos.
        size: of the video.
        video: what is missing at its end is grey.
        masks: (frames, height, width), 1 where something new is made; what is missing is made.

    Returns:
        The latents of what is kept and of what is made anew, side by side; and the mask, of which each pixel of a cell
        has a channel (1, 64, frames, height, width).
    """
    made = torch.ones(size.length, 1, size.height, size.width)
    if masks is not None:
        shown = masks.reshape(-1, 1, *masks.shape[-2:])[: size.length].float()
        made[: len(shown)] = resize(shown, size.width, size.height, "bilinear", "center")
    centred, over = size.filled(video) - GREY, made.movedim(1, -1)
    parts = [encoded(autoencoder, centred * share + GREY) for share in (1 - over, over)]
    cells = functional.pixel_unshuffle(made, autoencoder.downscale).movedim(0, 1).unsqueeze(0)
    return torch.cat(parts, dim=1), functional.interpolate(cells, size=parts[0].shape[2:], mode="nearest-exact")


def pictured(autoencoder: Autoencoder, images: Tensor, size: VideoSize) -> Tensor:
    """Pictures as frames of a latent, one each, that have nothing to do with each other."""
    latents = [encoded(autoencoder, each) for each in size.fitted(images).split(1)]
    return torch.cat(latents, dim=2)
