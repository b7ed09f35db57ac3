"""`comfy.utils`: progress bars, resizing, tiles, reading and writing of weights."""

import io
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.pictures.resizing import bislerp, lanczos, resize
from nodes.packs.errors import PackError
from nodes.packs.running import current

__all__ = [
    "PROGRESS_BAR_ENABLED",
    "ProgressBar",
    "bislerp",
    "common_upscale",
    "get_attr",
    "get_tiled_scale_steps",
    "lanczos",
    "load_torch_file",
    "repeat_to_batch_size",
    "reshape_mask",
    "resize_to_batch_size",
    "save_torch_file",
    "set_attr",
    "set_progress_bar_enabled",
    "set_progress_bar_global_hook",
    "state_dict_prefix_replace",
    "string_to_seed",
    "tiled_scale",
    "tiled_scale_multidim",
]
PROGRESS_BAR_ENABLED = True
_SAFE = (".safetensors", ".sft")
Preview = tuple[str, Image.Image, int | None]
"""Format, picture, the longest side."""


class ProgressBar:
    """Tells how far the running node is. Each report is also where a cancelled job stops."""

    def __init__(self, total: float, node_id: str | None = None) -> None:
        self.total = total
        self.current = 0.0
        self.node_id = node_id

    def update_absolute(self, value: float, total: float | None = None, preview: Preview | None = None) -> None:
        """So much is done.

        Raises:
            Cancelled: the job was asked to stop.
        """
        if total is not None:
            self.total = total
        self.current = min(value, self.total)
        run = current()
        if run is not None:
            run.ctx.progress(self.current, self.total, encoded(preview))

    def update(self, value: float) -> None:
        """So much more is done."""
        self.update_absolute(self.current + value)


def encoded(preview: Preview | None) -> bytes | None:
    """A picture of unfinished work as a JPEG."""
    if preview is None or not isinstance(preview[1], Image.Image):
        return None
    picture = preview[1].convert("RGB")
    longest = preview[2] if len(preview) > 2 and preview[2] else 512
    picture.thumbnail((longest, longest))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def set_progress_bar_enabled(enabled: bool) -> None:
    """Nothing: whether progress is shown is up to whoever looks."""


def set_progress_bar_global_hook(function: Callable[..., object]) -> None:
    """Nothing: progress goes to the job."""


def common_upscale(samples: Tensor, width: int, height: int, upscale_method: Any, crop: Any) -> Tensor:
    """Resize (batch, channels, height, width); see `nodes.diffusion.pictures.resizing`."""
    return resize(samples, int(width), int(height), upscale_method, "center" if crop == "center" else "disabled")


def repeat_to_batch_size(tensor: Tensor, batch_size: int, dim: int = 0) -> Tensor:
    """Repeat along one axis, or cut, until there are `batch_size`."""
    count = tensor.shape[dim]
    if count < batch_size:
        repeats = [1] * tensor.ndim
        repeats[dim] = math.ceil(batch_size / count)
        tensor = tensor.repeat(repeats)
    return tensor.narrow(dim, 0, batch_size)


def resize_to_batch_size(tensor: Tensor, batch_size: int) -> Tensor:
    """Take `batch_size` items, spread evenly over those there are."""
    if batch_size <= 1:
        return tensor[:batch_size]
    places = torch.linspace(0, tensor.shape[0] - 1, batch_size)
    return tensor[places.round().long()]


def reshape_mask(input_mask: Tensor, output_shape: Sequence[int]) -> Tensor:
    """A mask in the size and batch of (batch, channels, height, width)."""
    mask = input_mask.reshape(-1, 1, *input_mask.shape[-2:])
    mask = torch.nn.functional.interpolate(mask, size=tuple(output_shape[-2:]), mode="bilinear")
    return repeat_to_batch_size(mask.expand(-1, output_shape[1], -1, -1), output_shape[0])


def load_torch_file(
    ckpt: str, safe_load: bool = False, device: Any = None, return_metadata: bool = False
) -> Any:  # the tensors, or those and the metadata
    """The tensors of a safetensors file.

    Raises:
        PackError: the file is of another kind, such as a pickle, which could run code.
    """
    if not str(ckpt).lower().endswith(_SAFE):
        raise PackError(f"{Path(ckpt).name} is not a safetensors file; files of other kinds can run code. Convert it.")
    with safe_open(ckpt, framework="pt", device=str(device or "cpu")) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        return (tensors, file.metadata()) if return_metadata else tensors


def save_torch_file(sd: Mapping[str, Tensor], ckpt: str, metadata: dict[str, str] | None = None) -> None:
    """Write tensors as a safetensors file."""
    save_file({name: tensor.contiguous() for name, tensor in sd.items()}, ckpt, metadata=metadata)


def state_dict_prefix_replace(
    state_dict: dict[str, Any], replace_prefix: Mapping[str, str], filter_keys: bool = False
) -> dict[str, Any]:
    """Rename keys by their prefix; with `filter_keys` only those that are renamed are given."""
    given: dict[str, Any] = {} if filter_keys else state_dict
    for old, new in replace_prefix.items():
        for key in [each for each in state_dict if each.startswith(old)]:
            given[new + key[len(old) :]] = state_dict.pop(key)
    return given


def get_attr(obj: Any, attr: str) -> Any:
    """What a dotted path of attributes leads to."""
    for part in attr.split("."):
        obj = getattr(obj, part)
    return obj


def set_attr(obj: Any, attr: str, value: Any) -> Any:
    """Set what a dotted path of attributes leads to; gives what was there."""
    *path, last = attr.split(".")
    holder = get_attr(obj, ".".join(path)) if path else obj
    before = getattr(holder, last)
    setattr(holder, last, value)
    return before


def string_to_seed(data: str) -> int:
    """A number of 32 bits that depends on every letter (CRC-32)."""
    crc = 0xFFFFFFFF
    for byte in data.encode():
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def get_tiled_scale_steps(width: int, height: int, tile_x: int, tile_y: int, overlap: int) -> int:
    """How many tiles cover a picture."""
    return len([*_starts(height, tile_y, overlap)]) * len([*_starts(width, tile_x, overlap)])


def tiled_scale(
    samples: Tensor,
    function: Callable[[Tensor], Tensor],
    tile_x: int = 64,
    tile_y: int = 64,
    overlap: int = 8,
    upscale_amount: float = 4,
    out_channels: int = 3,
    output_device: Any = "cpu",
    pbar: ProgressBar | None = None,
) -> Tensor:
    """Apply a function that enlarges to a picture tile by tile, and blend where tiles overlap."""
    return tiled_scale_multidim(
        samples, function, (tile_y, tile_x), overlap, upscale_amount, out_channels, output_device, pbar
    )


def tiled_scale_multidim(
    samples: Tensor,
    function: Callable[[Tensor], Tensor],
    tile: Sequence[int] = (64, 64),
    overlap: int = 8,
    upscale_amount: float = 4,
    out_channels: int = 3,
    output_device: Any = "cpu",
    pbar: ProgressBar | None = None,
) -> Tensor:
    """As `tiled_scale`, for any number of axes behind (batch, channels)."""
    sizes = samples.shape[2:]
    scaled = [round(size * upscale_amount) for size in sizes]
    outputs = []
    for item in samples.split(1):
        total = torch.zeros(1, out_channels, *scaled, device=output_device)
        weights = torch.zeros_like(total[:, :1])
        for starts in itertools.product(
            *(_starts(size, side, overlap) for size, side in zip(sizes, tile, strict=True))
        ):
            part = item
            for axis, (start, side) in enumerate(zip(starts, tile, strict=True)):
                part = part.narrow(axis + 2, start, min(side, sizes[axis]))
            piece = function(part).to(output_device)
            weight = _feather(piece, round(overlap * upscale_amount))
            place = (
                slice(None),
                slice(None),
                *(_span(start, upscale_amount, length) for start, length in zip(starts, piece.shape[2:], strict=True)),
            )
            total[place] += piece * weight
            weights[place] += weight
            if pbar is not None:
                pbar.update(1)
        outputs.append(total / weights)
    return torch.cat(outputs)


def _starts(size: int, tile: int, overlap: int) -> Iterator[int]:
    """Where tiles begin: the last one ends where the picture does."""
    step = max(1, tile - overlap)
    position = 0
    while position + tile < size:
        yield position
        position += step
    yield max(0, size - tile)


def _span(start: int, scale: float, length: int) -> slice:
    first = round(start * scale)
    return slice(first, first + length)


def _feather(piece: Tensor, width: int) -> Tensor:
    """Weights that fall towards the edges of a tile, and are never zero."""
    weight = torch.ones_like(piece[:, :1])
    for axis in range(2, piece.ndim):
        length = piece.shape[axis]
        position = torch.arange(length, device=piece.device, dtype=piece.dtype)
        ramp = torch.minimum(position + 1, length - position).clamp(max=max(1, width)) / max(1, width)
        shape = [1] * piece.ndim
        shape[axis] = length
        weight = weight * ramp.reshape(shape)
    return weight
