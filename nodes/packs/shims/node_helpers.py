"""`node_helpers`: small functions that packs share."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import ImageFile, UnidentifiedImageError


def conditioning_set_values(
    conditioning: Sequence[Any], values: Mapping[str, Any] | None = None, append: bool = False
) -> list[Any]:
    """A conditioning with further options; with `append`, lists are extended instead of replaced."""
    changed = []
    for text, options in conditioning:
        merged = dict(options)
        for name, value in (values or {}).items():
            merged[name] = [*merged.get(name, ()), *value] if append else value
        changed.append([text, merged])
    return changed


def pillow(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of Pillow; a file that ends too early is read as far as it goes."""
    try:
        return function(*arguments)
    except (OSError, UnidentifiedImageError, ValueError):
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
        try:
            return function(*arguments)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def hasher() -> Callable[..., Any]:
    """The hash that files are compared by."""
    return hashlib.sha256
