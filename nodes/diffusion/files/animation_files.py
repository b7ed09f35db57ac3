"""Animations as picture files: WebP and PNG."""

from collections.abc import Mapping
from io import BytesIO
from typing import Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from nodes.diffusion.files.picture_files import to_picture

Effort = Literal["default", "fastest", "slowest"]
_METHODS: Mapping[Effort, int] = {"default": 4, "fastest": 0, "slowest": 6}
_MODEL, _MAKE = 0x0110, 0x010F
"""EXIF tags into which the ecosystem writes how a picture was made."""


def encode_webp(
    images: Tensor, fps: float, texts: Mapping[str, str], *, lossless: bool, quality: int, effort: Effort
) -> bytes:
    """Pictures as an animated WebP; texts go into its EXIF part as `key:value`."""
    exif = Image.Exif()
    for number, (key, text) in enumerate(texts.items()):
        exif[_MODEL if key == "prompt" else _MAKE - number] = f"{key}:{text}"
    options = {"lossless": lossless, "quality": quality, "method": _METHODS[effort], "exif": exif}
    return _encoded(images, fps, "WEBP", options)


def encode_apng(images: Tensor, fps: float, texts: Mapping[str, str], compress_level: int) -> bytes:
    """Pictures as an animated PNG with text chunks."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    return _encoded(images, fps, "PNG", {"pnginfo": info, "compress_level": compress_level, "loop": 0})


def _encoded(images: Tensor, fps: float, kind: str, options: Mapping[str, object]) -> bytes:
    first, *rest = map(to_picture, images)
    file = BytesIO()
    first.save(file, kind, save_all=True, append_images=rest, duration=round(1000 / fps), **options)
    return file.getvalue()
