"""A weight that stays in its few bits, and is multiplied out each time that something computes with it.

To torch it is a tensor of the precision that the network computes in. Moving it, and taking rows of it, keeps its few
bits; everything else is done with its numbers. A patch gives it other numbers to wear; taking the patch off gives it
its few bits back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

from nodes.diffusion.gguf.blocks import Kind, dequantised

aten = torch.ops.aten


@dataclass(frozen=True)
class Stored:
    """Rows of blocks.

    Attributes:
        kind: how they are stored.
        raw: (rows, bytes of a row) uint8; may be mapped from the file.
    """

    kind: Kind
    raw: Tensor


class QuantisedTensor(Tensor):
    """A matrix in few bits.

    Args:
        stored: its blocks.
        dtype: what it is multiplied out to.
    """

    stored: Stored
    worn: Tensor | None
    """What it is instead, as long as a patch changes it."""

    @staticmethod
    def __new__(cls, stored: Stored, dtype: torch.dtype = torch.float32) -> "QuantisedTensor":
        """What torch takes for a tensor of that shape; its memory is elsewhere."""
        columns = stored.raw.shape[1] // stored.kind.nbytes * stored.kind.count
        made: QuantisedTensor = Tensor._make_wrapper_subclass(
            cls, (len(stored.raw), columns), dtype=dtype, device=stored.raw.device
        )
        return made

    def __init__(self, stored: Stored, dtype: torch.dtype = torch.float32) -> None:
        self.stored, self.worn = stored, None

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]  # as torch prints it
        return f"QuantisedTensor({self.stored.kind.name}, {tuple(self.shape)})"

    @property
    def device(self) -> torch.device:  # type: ignore[override]  # torch has an attribute there
        """Where it is now."""
        return self.stored.raw.device

    @property
    def nbytes(self) -> int:  # type: ignore[override]  # as above
        """How much memory it takes."""
        return self.stored.raw.nbytes if self.worn is None else self.worn.nbytes

    @property
    def data(self) -> "QuantisedTensor":
        """The same weight beside it; setting it to other numbers lets it wear them."""
        return _same(self)

    @data.setter
    def data(self, value: Tensor) -> None:
        if isinstance(value, QuantisedTensor):
            self.stored, self.worn = value.stored, value.worn
        else:
            self.worn = value

    def dense(self, dtype: torch.dtype | None = None) -> Tensor:
        """Its numbers."""
        dtype = dtype or self.dtype
        return dequantised(self.stored.kind, self.stored.raw, dtype) if self.worn is None else self.worn.to(dtype)

    def placed(self, device: torch.device, dtype: torch.dtype) -> Tensor:
        """The same on a device, to be multiplied out to a precision; without memory where the device has none."""
        if device.type == "meta":
            return torch.empty(self.shape, dtype=dtype, device=device)
        return QuantisedTensor(replace(self.stored, raw=self.stored.raw.to(device)), dtype)

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # as torch's guide has it

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # as above
        cls, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """What torch does with it."""
        kept = _KEEPING.get(func)
        if kept is not None:
            found = kept(*args, **(kwargs or {}))
            if found is not None:
                return found
        plain_args, plain = tree_map_only(QuantisedTensor, QuantisedTensor.dense, (args, dict(kwargs or {})))
        return func(*plain_args, **plain)


def _same(tensor: QuantisedTensor, *_: object, **__: object) -> QuantisedTensor:
    made = QuantisedTensor(tensor.stored, tensor.dtype)
    made.worn = tensor.worn
    return made


def _viewed(tensor: QuantisedTensor, shape: Sequence[int]) -> QuantisedTensor | None:
    return _same(tensor) if tuple(shape) == tuple(tensor.shape) else None


def _rows(
    tensor: QuantisedTensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> QuantisedTensor | None:
    if dim != 0 or tensor.worn is not None:
        return None
    return QuantisedTensor(replace(tensor.stored, raw=tensor.stored.raw[start:end:step]), tensor.dtype)


def _moved(tensor: QuantisedTensor, **wanted: Any) -> Tensor | None:
    dtype = wanted.get("dtype") or tensor.dtype
    if tensor.worn is not None or dtype != tensor.dtype:
        dense = tensor.dense(dtype)
        return dense.to(wanted.get("device") or dense.device, non_blocking=wanted.get("non_blocking", False))
    return tensor.placed(torch.device(wanted.get("device") or tensor.device), dtype)


def _emptied(tensor: QuantisedTensor, **wanted: Any) -> QuantisedTensor:
    place = {key: wanted[key] for key in ("device", "pin_memory") if wanted.get(key) is not None}
    return QuantisedTensor(replace(tensor.stored, raw=torch.empty_like(tensor.stored.raw, **place)), tensor.dtype)


def _copied(target: Any, source: Tensor, non_blocking: bool = False) -> Any:
    """Into it: other numbers, which it wears; or few bits of the same kind."""
    if not isinstance(target, QuantisedTensor):
        return target.copy_(_beside(source, target, non_blocking), non_blocking)
    if isinstance(source, QuantisedTensor) and source.worn is None and source.stored.kind is target.stored.kind:
        target.stored.raw.copy_(source.stored.raw, non_blocking)
        target.worn = None
        return target
    numbers = source.dense() if isinstance(source, QuantisedTensor) else source
    target.worn = numbers.to(target.device, target.dtype)
    return target


def _beside(source: Any, target: Tensor, non_blocking: bool) -> Tensor:
    """The numbers of few bits, multiplied out where they go, so that only few bits travel."""
    if source.worn is not None:
        return source.worn
    raw = source.stored.raw.to(target.device, non_blocking=non_blocking)
    return dequantised(source.stored.kind, raw, target.dtype)


def _pinned(tensor: QuantisedTensor, *_: object, **__: object) -> QuantisedTensor | None:
    if tensor.worn is not None:
        return None
    return QuantisedTensor(replace(tensor.stored, raw=tensor.stored.raw.pin_memory()), tensor.dtype)


_KEEPING: Mapping[Any, Callable[..., Any]] = {
    aten.detach.default: _same,
    aten.alias.default: _same,
    aten.view.default: _viewed,
    aten._unsafe_view.default: _viewed,
    aten.slice.Tensor: _rows,
    aten._to_copy.default: _moved,
    aten.empty_like.default: _emptied,
    aten.copy_.default: _copied,
    aten._pin_memory.default: _pinned,
}
"""What keeps few bits; None from one of them means that it cannot this time."""
