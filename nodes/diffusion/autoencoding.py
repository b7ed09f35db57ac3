"""From pictures to latents and back, whole or in tiles, in pieces that fit into memory.

Pictures are (batch, height, width, channels) in 0..1; latents are unscaled, as the autoencoder gives them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError, OutOfMemory
from nodes.diffusion.memory.placing import available_bytes
from nodes.diffusion.memory.shortage import attempt
from nodes.diffusion.types import Autoencoder, Latent

MEMORY_SHARE = 0.7
"""Share of the free memory that encoding or decoding may take."""

Convert = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Tiling:
    """How a picture is cut: squares of `size` picture pixels that overlap by `overlap`."""

    size: int = 512
    overlap: int = 64
    """At most a quarter of the size counts."""


def encode(autoencoder: Autoencoder, images: Tensor) -> Tensor:
    """Latents (batch, channels, height, width) of pictures; sides are cut to whole cells, as much at either edge.

    To an autoencoder of videos, several pictures are the frames of one: (1, channels, frames, height, width).
    """
    pixels = _pixels(autoencoder, images)
    grid = _Grid.of_pixels(Tiling(), autoencoder.downscale)
    return _in_pieces(autoencoder, pixels, grid, autoencoder.encode)


def decode(autoencoder: Autoencoder, latents: Tensor) -> Tensor:
    """Pictures of latents (batch, channels, height, width); of videos (batch, channels, frames, ...) every frame.

    Raises:
        DiffusionError: the latents are of another kind of autoencoder.
    """
    latents = _framed(autoencoder, latents)
    _check(autoencoder, latents)
    grid = _Grid.of_latents(Tiling(), _upscale(autoencoder))
    return _images(_in_pieces(autoencoder, latents, grid, autoencoder.decode))


def encode_each(autoencoder: Autoencoder, images: Tensor) -> Tensor:
    """As `encode`, but several pictures stay so many pictures, also to an autoencoder of videos."""
    if not _reads_videos(autoencoder):
        return encode(autoencoder, images)
    return torch.cat([encode(autoencoder, each) for each in images.split(1)])


def encode_tiled(autoencoder: Autoencoder, images: Tensor, tiling: Tiling) -> Tensor:
    """As `encode`, tile by tile: takes less memory, and differs a little where tiles meet."""
    pixels = _pixels(autoencoder, images)
    grid = _Grid.of_pixels(tiling, autoencoder.downscale)
    if grid.is_whole(pixels):
        return encode(autoencoder, images)
    return _by_tiles(pixels, grid, autoencoder.encode)


def decode_tiled(autoencoder: Autoencoder, latents: Tensor, tiling: Tiling) -> Tensor:
    """As `decode`, tile by tile: takes less memory, and differs a little where tiles meet.

    Raises:
        DiffusionError: as `decode`.
    """
    latents = _framed(autoencoder, latents)
    _check(autoencoder, latents)
    grid = _Grid.of_latents(tiling, _upscale(autoencoder))
    if grid.is_whole(latents):
        return decode(autoencoder, latents)
    return _images(_by_tiles(latents, grid, autoencoder.decode))


def encode_for_inpainting(autoencoder: Autoencoder, images: Tensor, mask: Tensor, grow: int = 6) -> Latent:
    """Latents of pictures whose masked part was greyed out, with a mask of what to paint anew.

    Args:
        autoencoder: encodes.
        images: the pictures.
        mask: (batch, height, width), 1 where to paint; resized to the pictures.
        grow: by how many pixels the noise mask reaches beyond, so that there is no seam.
    """
    height, width = images.shape[1:3]
    mask = mask.reshape(-1, 1, *mask.shape[-2:]).float()
    mask = torch.nn.functional.interpolate(mask, size=(height, width), mode="bilinear")
    images = whole_cells(images[..., :3], autoencoder.downscale)
    mask = whole_cells(mask.movedim(1, -1), autoencoder.downscale).movedim(-1, 1).round()
    keep = 1.0 - mask.movedim(1, -1)
    greyed = (images - 0.5) * keep + 0.5
    return {"samples": encode(autoencoder, greyed), "noise_mask": _grown(mask, grow)}


def _pixels(autoencoder: Autoencoder, images: Tensor) -> Tensor:
    """Pictures as the network takes them: (batch, 3, height, width) in -1..1."""
    _refuse_sound(autoencoder)
    if images.shape[-1] == 1:
        images = images.expand(*images.shape[:-1], 3)
    pixels = whole_cells(images[..., :3], autoencoder.downscale).movedim(-1, 1) * 2.0 - 1.0
    if len(pixels) == 1 or not _reads_videos(autoencoder):
        return pixels
    return pixels.movedim(0, 1).unsqueeze(0)


def _upscale(autoencoder: Autoencoder) -> int:
    """Pixels along a cell of what is decoded: as many as are encoded into one, unless an autoencoder says otherwise."""
    return int(getattr(autoencoder, "upscale", autoencoder.downscale))


def _reads_videos(autoencoder: Autoencoder) -> bool:
    return bool(getattr(autoencoder, "reads_videos", False))


def _framed(autoencoder: Autoencoder, latents: Tensor) -> Tensor:
    """Latents of videos as those of pictures, for an autoencoder that knows nothing else."""
    if latents.dim() != 5 or _reads_videos(autoencoder):
        return latents
    return latents.movedim(2, 1).flatten(0, 1)


def _images(pixels: Tensor) -> Tensor:
    if pixels.dim() == 5:
        pixels = pixels.movedim(2, 1).flatten(0, 1)
    return ((pixels + 1.0) / 2.0).clamp(0.0, 1.0).movedim(1, -1).contiguous()


def whole_cells(images: Tensor, downscale: int) -> Tensor:
    """Cut (batch, height, width, channels) at the edges until the sides are multiples of `downscale`."""
    for axis in (1, 2):
        extra = images.shape[axis] % downscale
        images = images.narrow(axis, extra // 2, images.shape[axis] - extra)
    if 0 in images.shape:
        raise DiffusionError(f"A picture must be at least {downscale} pixels high and wide to be encoded.")
    return images


def _refuse_sound(autoencoder: Autoencoder) -> None:
    if hasattr(autoencoder, "sample_rate"):
        raise DiffusionError("The autoencoder is one of sound: use VAEEncodeAudio and VAEDecodeAudio.")


def _check(autoencoder: Autoencoder, latents: Tensor) -> None:
    _refuse_sound(autoencoder)
    channels = latents.shape[1]
    if channels != autoencoder.latent_channels:
        raise DiffusionError(
            f"The latent has {channels} channels, this autoencoder has {autoencoder.latent_channels}: use the "
            "autoencoder that belongs to the model."
        )


@dataclass(frozen=True)
class _Grid:
    """How a tensor is cut into squares, in its own cells, and how large the result is."""

    size: int
    overlap: int
    grows: int = 1
    shrinks: int = 1
    """A length of the tensor is `grows / shrinks` times as long in the result."""
    pixels: int = 1
    """Picture pixels along one cell."""

    @classmethod
    def of_pixels(cls, tiling: Tiling, downscale: int) -> "_Grid":
        cells = cls.of_latents(tiling, downscale)
        return cls(cells.size * downscale, cells.overlap * downscale, shrinks=downscale)

    @classmethod
    def of_latents(cls, tiling: Tiling, downscale: int) -> "_Grid":
        size = max(2, tiling.size // downscale)
        return cls(size, min(tiling.overlap // downscale, size // 4), grows=downscale, pixels=downscale)

    def scaled(self, length: int) -> int:
        """A length of the tensor as one of the result."""
        return length * self.grows // self.shrinks

    def is_whole(self, batch: Tensor) -> bool:
        """Whether one square is all of (batch, channels, height, width)."""
        return max(batch.shape[-2:]) <= self.size


def _in_pieces(autoencoder: Autoencoder, batch: Tensor, grid: _Grid, convert: Convert) -> Tensor:
    """Convert as many at once as fit into memory; where even one does not fit, tile by tile."""
    pixels = batch.shape[-2] * batch.shape[-1] * grid.pixels**2
    room = int(available_bytes(autoencoder.device) * MEMORY_SHARE)
    count = max(1, room // max(1, pixels * autoencoder.bytes_per_pixel()))
    whole = attempt(lambda: torch.cat([convert(piece) for piece in batch.split(count)]))
    if whole is not None:
        return whole
    tiled = None if grid.is_whole(batch) else attempt(lambda: _by_tiles(batch, grid, convert))
    if tiled is not None:
        return tiled
    side = min(grid.size, *batch.shape[-2:]) * grid.pixels
    needed, free = side**2 * autoencoder.bytes_per_pixel(), available_bytes(autoencoder.device)
    raise OutOfMemory(
        f"Not even a tile of {side} pixels fits: it takes about {needed / 1e9:.2f} GB, and {free / 1e9:.2f} GB of "
        f"{autoencoder.device} are free. Use smaller tiles, or end other programs that use the device."
    )


def _by_tiles(batch: Tensor, grid: _Grid, convert: Convert) -> Tensor:
    """Convert overlapping squares and blend them: each counts less towards the edges that it shares with others."""
    height, width = batch.shape[-2:]
    rows, columns = _starts(height, grid), _starts(width, grid)
    total = weight = torch.zeros(())
    for top in rows:
        for left in columns:
            square = batch[..., top : top + grid.size, left : left + grid.size]
            tile = torch.cat([convert(one) for one in square.split(1)])
            share = _feather(tile, grid, (top > 0, top < rows[-1], left > 0, left < columns[-1]))
            if total.dim() == 0:
                total = tile.new_zeros(*tile.shape[:-2], grid.scaled(height), grid.scaled(width))
                weight = torch.zeros_like(total[:1, :1])
            down, right = grid.scaled(top), grid.scaled(left)
            place = (..., slice(down, down + tile.shape[-2]), slice(right, right + tile.shape[-1]))
            total[place] += tile * share
            weight[place] += share
    return total / weight


def _starts(length: int, grid: _Grid) -> list[int]:
    """Where squares begin along an axis; the last one ends at the edge, so that all are of one size."""
    if length <= grid.size:
        return [0]
    return [*range(0, length - grid.size, grid.size - grid.overlap), length - grid.size]


def _feather(tile: Tensor, grid: _Grid, shared: tuple[bool, bool, bool, bool]) -> Tensor:
    """How much each pixel of a tile counts (height, width): less towards the top, bottom, left, right it shares."""
    top, bottom, left, right = shared
    width = grid.scaled(grid.overlap)
    return _ramp(tile, -2, width, top, bottom)[:, None] * _ramp(tile, -1, width, left, right)[None, :]


def _ramp(tile: Tensor, axis: int, width: int, first: bool, last: bool) -> Tensor:
    length = tile.shape[axis]
    place = torch.arange(length, device=tile.device, dtype=tile.dtype)
    ramp = torch.ones_like(place)
    if first and width:
        ramp = torch.minimum(ramp, (place + 1) / width)
    if last and width:
        ramp = torch.minimum(ramp, (length - place) / width)
    return ramp


def _grown(mask: Tensor, grow: int) -> Tensor:
    """A rounded mask (batch, 1, height, width) made larger by a square of `grow` pixels."""
    if grow == 0:
        return mask
    spread = torch.nn.functional.max_pool2d(mask, kernel_size=grow, stride=1, padding=grow // 2)
    return spread[..., : mask.shape[-2], : mask.shape[-1]]
