"""Makes other pictures of stored ones: smaller files for browsing, single channels, masks painted over. Blocks."""

import io
from pathlib import Path
from typing import Literal

from PIL import Image, PngImagePlugin

from graph.errors import LatentloomError

MOST_PIXELS = 64_000_000
"""Larger pictures are not decoded."""
READABLE = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF")

PreviewFormat = Literal["webp", "jpeg"]
Channel = Literal["rgb", "a", "rgba"]


class PictureError(LatentloomError):
    """A file is no picture that can be read here, or too large a one."""


def preview(path: Path, format: PreviewFormat, quality: int, longest: int | None = None) -> tuple[bytes, str]:
    """A picture in a smaller file; returns its bytes and their media type.

    Args:
        path: the picture.
        format: that of the smaller file.
        quality: 1 to 100.
        longest: the longer side has at most this many pixels; the picture keeps its size if None.
    """
    with _opened(path) as picture:
        if longest is not None:
            picture.thumbnail((longest, longest))
        has_alpha = format == "webp" and "A" in picture.getbands()
        buffer = io.BytesIO()
        picture.convert("RGBA" if has_alpha else "RGB").save(buffer, format=format, quality=quality)
        return buffer.getvalue(), f"image/{format}"


def channel(path: Path, wanted: Channel) -> bytes:
    """A PNG with some of the channels: the colours without their alpha, or the alpha without colours."""
    with _opened(path) as picture:
        if wanted == "rgb":
            return _png(picture.convert("RGB"))
        rgba = picture.convert("RGBA")
        if wanted == "rgba":
            return _png(rgba)
        alone = Image.new("RGBA", rgba.size)
        alone.putalpha(rgba.getchannel("A"))
        return _png(alone)


def with_mask(original: Path, mask: Path) -> bytes:
    """A PNG of the original whose alpha is that of the mask; its texts (the workflow) are kept."""
    with _opened(original) as picture, _opened(mask) as painted:
        texts = PngImagePlugin.PngInfo()
        for key, value in getattr(picture, "text", {}).items():
            texts.add_text(key, value)
        result = picture.convert("RGBA")
        alpha = painted.convert("RGBA").getchannel("A")
        if alpha.size != result.size:
            alpha = alpha.resize(result.size)
        result.putalpha(alpha)
        return _png(result, texts)


def _opened(path: Path) -> Image.Image:
    try:
        with path.open("rb") as file:
            picture = Image.open(file, formats=READABLE)
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureError(f"The picture has more than {MOST_PIXELS} pixels and is not opened here.")
            picture.load()
            return picture
    except PictureError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"{path.name} cannot be read as a picture: {error}") from error


def _png(picture: Image.Image, texts: PngImagePlugin.PngInfo | None = None) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=1, pnginfo=texts)
    return buffer.getvalue()
