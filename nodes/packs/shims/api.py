"""`comfy_api.latest`: progress, asked for by coroutines (`ComfyAPI`) and by functions (`ComfyAPISync`)."""

from typing import Any

import numpy
from PIL import Image
from torch import Tensor

from nodes.packs.running import current
from nodes.packs.shims.utils import encoded


class _Progress:
    """Tells how far the running node is."""

    def set_progress(
        self,
        value: float,
        max_value: float,
        node_id: str | None = None,
        preview_image: Any = None,
        ignore_size_limit: bool = False,
    ) -> None:
        """`value` of `max_value` is done, with a picture of the work so far if there is one.

        Raises:
            Cancelled: the job was asked to stop.
        """
        run = current()
        if run is not None:
            picture = _picture(preview_image)
            longest = max(picture.size) if picture is not None and ignore_size_limit else None
            run.ctx.progress(value, max_value, encoded(("JPEG", picture, longest)) if picture is not None else None)


class _AwaitedProgress(_Progress):
    async def set_progress(self, *values: Any, **options: Any) -> None:  # type: ignore[override]  # to be awaited
        """As that of functions."""
        super().set_progress(*values, **options)


class ComfyAPI:
    """What nodes may ask of the engine, from coroutines."""

    def __init__(self) -> None:
        self.execution = _AwaitedProgress()


class ComfyAPISync:
    """What nodes may ask of the engine, from functions."""

    def __init__(self) -> None:
        self.execution = _Progress()


def _picture(value: Any) -> Image.Image | None:
    """A picture of Pillow's; tensors are (height, width, channels) or a batch of those, in 0..1."""
    if isinstance(value, Tensor):
        first = value[0] if value.ndim == 4 else value
        return Image.fromarray((first.float().clamp(0, 1) * 255).round().cpu().numpy().astype(numpy.uint8))
    return value if isinstance(value, Image.Image) else None
