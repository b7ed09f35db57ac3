"""Picture files to tensors and back.

Files are not trusted: only formats of an allow-list are opened, and the size is checked before anything is decoded.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy
import torch
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from nodes.diffusion.errors import PictureFileError
from nodes.diffusion.pictures.masking import CHANNELS

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What is opened; anything else is refused, whatever it is called."""
MAX_FRAME_PIXELS = 64 * 2**20
MAX_PIXELS = 256 * 2**20
"""Of all frames together."""
NO_ALPHA_SIZE = (64, 64)
"""The size of the empty mask that stands for "no alpha", as graphs of the ecosystem expect."""


class Picture(NamedTuple):
    """The content of a picture file; an animation is a batch."""

    image: Tensor
    """(batch, height, width, 3) in 0..1"""
    mask: Tensor
    """(batch, height, width): 1 - alpha, or (batch, 64, 64) zeros for a file without alpha."""


def read(path: Path) -> Picture:
    """Read a picture file, turned upright; frames of another size than the first are left out.

    Raises:
        PictureFileError: it is damaged, too large or of another format.
    """
    images: list[Tensor] = []
    masks: list[Tensor | None] = []
    with _opened(path) as picture:
        for image, mask in _frames(picture, path):
            if images and image.shape != images[0].shape:
                continue
            images.append(image)
            masks.append(mask)
    has_alpha = any(mask is not None for mask in masks)
    opaque = torch.zeros(images[0].shape[:2] if has_alpha else NO_ALPHA_SIZE)
    return Picture(torch.stack(images), torch.stack([opaque if mask is None else mask for mask in masks]))


def read_channel(path: Path, channel: str) -> Tensor:
    """Read one channel of the first frame as a mask `(1, height, width)`; alpha is inverted, as in `read`.

    Raises:
        PictureFileError: as `read`.
    """
    with _opened(path) as picture:
        image, mask = next(_frames(picture, path))
    if channel != "alpha":
        mask = image[..., CHANNELS.index(channel)].clone()
    return (image.new_zeros(image.shape[:2]) if mask is None else mask).unsqueeze(0)


def encode_png(image: Tensor, texts: Mapping[str, str], compress_level: int = 4) -> bytes:
    """One picture `(height, width, channels)` as a PNG of 8 bits a channel, with text chunks.

    One channel is grey, three are colours, four are colours and alpha.
    """
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    file = BytesIO()
    to_picture(image).save(file, "PNG", pnginfo=info, compress_level=compress_level)
    return file.getvalue()


def to_picture(image: Tensor) -> Image.Image:
    """One picture `(height, width, channels)` in 0..1 as one of Pillow's, of 8 bits a channel."""
    levels = image.detach().cpu().float().nan_to_num().clamp(0.0, 1.0).mul(255).round().to(torch.uint8)
    return Image.fromarray(levels.squeeze(-1).numpy())


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=FORMATS) as picture:
            yield picture
    except UnidentifiedImageError as error:
        raise PictureFileError(f'"{path.name}" is not a picture of a known kind ({", ".join(FORMATS)}).') from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureFileError(_too_large(path)) from error
    except PictureFileError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's decoders raise on damaged files
        raise PictureFileError(f'"{path.name}" is damaged and cannot be read: {error}. Save it again.') from error


def _frames(picture: Image.Image, path: Path) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Colours and inverted alpha of each frame; of the several pictures in one photo file only the first."""
    total = 0
    for frame in ImageSequence.Iterator(picture):
        pixels = frame.width * frame.height
        total += pixels
        if pixels > MAX_FRAME_PIXELS or total > MAX_PIXELS:
            raise PictureFileError(_too_large(path))
        yield _tensors(ImageOps.exif_transpose(frame))
        if picture.format == "MPO":
            return


def _tensors(frame: Image.Image) -> tuple[Tensor, Tensor | None]:
    if frame.mode.startswith(("I", "F")):  # 16 bits (in 16 or 32), or floats: converting would cut them to 8
        scale = 1.0 if frame.mode == "F" else 65535.0
        grey = torch.from_numpy(numpy.array(frame).astype(numpy.float32) / scale).clamp(0.0, 1.0)
        return grey.unsqueeze(-1).repeat(1, 1, 3), None
    if frame.has_transparency_data:
        rgba = _levels(frame.convert("RGBA"))
        return rgba[..., :3].contiguous(), 1.0 - rgba[..., 3]
    return _levels(frame.convert("RGB")), None


def _levels(frame: Image.Image) -> Tensor:
    return torch.from_numpy(numpy.array(frame)).float() / 255


def _too_large(path: Path) -> str:
    return (
        f'"{path.name}" is too large: a picture may have {MAX_FRAME_PIXELS // 2**20} million pixels, '
        f"all frames together {MAX_PIXELS // 2**20} million. Make it smaller first."
    )
