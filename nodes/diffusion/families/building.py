"""Building a network around weights that are already there: no random start, no second copy."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn

from nodes.diffusion.computing.casting import cast
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.weights import KeyMap, Shape, Shapes, Weights, file_shapes
from nodes.diffusion.gguf.tensors import QuantisedTensor
from nodes.diffusion.memory.placing import Placement

Module = TypeVar("Module", bound=nn.Module)


def skeleton(build: Callable[[], Module]) -> Module:
    """A network whose weights and buffers have shapes but take no memory. Other threads are not concerned."""
    with torch.device("meta"):
        return build()


def parameter_count(network: nn.Module) -> int:
    """How many weights a network has."""
    return sum(parameter.numel() for parameter in network.parameters())


def number_positions(network: nn.Module) -> None:
    """Number the positions of a skeleton that counts them from 0: a buffer that no file needs to hold."""
    for module in network.modules():
        positions = module._buffers.get("position_ids")
        if positions is not None:
            module._buffers["position_ids"] = torch.arange(positions.shape[-1])[None]


def gather(network: nn.Module, key_map: KeyMap, shapes: Shapes, tensor: Callable[[str], Tensor]) -> Weights:
    """The weights of a network in a file of some layout, checked without reading them.

    Args:
        network: what is to be filled.
        key_map: where each of its weights is in the file.
        shapes: what the file holds.
        tensor: reads one of the file's tensors.

    Raises:
        UnsupportedModel: the file lacks a weight, has one too many, or one of another shape.
    """
    own = state_shapes(network)
    wanted = file_shapes({key: key_map[key] for key in own}, own)
    _refuse(f"lacks weights of a {type(network).__name__}", set(wanted) - set(shapes))
    _refuse(f"holds weights that a {type(network).__name__} of this family has not", set(shapes) - set(wanted))
    _refuse(
        f"holds weights of other shapes than a {type(network).__name__} of this family has",
        {name for name, shape in wanted.items() if _core(shapes[name]) != _core(shape)},
    )
    return Weights({key: key_map[key] for key in own}, own, tensor)


def state_shapes(network: nn.Module) -> dict[str, Shape]:
    """The shape of each weight of a network, by key."""
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def fill(network: Module, weights: Mapping[str, Tensor], placement: Placement) -> Module:
    """Give a skeleton its weights, in the precision and on the device that was decided.

    Raises:
        UnsupportedModel: they do not fit.
    """
    try:
        network.load_state_dict(_placed(weights, placement), assign=True)
    except RuntimeError as error:
        raise UnsupportedModel(f"The weights do not fit a {type(network).__name__}: {error}") from error
    if not placement.is_streamed:
        network.to(placement.device)  # buffers; the weights are there already
    for key, parameter in network.named_parameters():
        # The way to the file stays with the weight: patches start from it, and are taken back by reading it again.
        parameter.source = partial(weights.__getitem__, key)  # type: ignore[attr-defined]  # called by `source_of`
    return network.eval().requires_grad_(False)


def source_of(parameter: nn.Parameter) -> Tensor | None:
    """The weight as its file has it, read now; None where nobody knows the file."""
    read: Callable[[], Tensor] | None = getattr(parameter, "source", None)
    return None if read is None else read()


def put(value: Tensor, placement: Placement) -> Tensor:
    """A weight in the precision, on the device and in the memory order that networks have here."""
    if isinstance(value, QuantisedTensor):
        return value.placed(value.device if placement.is_streamed else placement.device, placement.dtype)
    if placement.is_streamed:
        return value  # mapped from the file; whoever streams it converts it
    dtype = placement.dtype if value.is_floating_point() else value.dtype
    # Convolutions are faster with the channels last.
    format = torch.channels_last if value.dim() == 4 else torch.contiguous_format
    if placement.device.type == "cpu":
        return cast(value, dtype, format)
    return value.to(placement.device, dtype, memory_format=format)


def _placed(weights: Mapping[str, Tensor], placement: Placement) -> dict[str, Tensor]:
    """The weights where they belong; a weight with two keys takes its memory once."""
    by_piece: dict[object, Tensor] = {}
    found = {}
    for key in weights:
        piece = weights.piece(key) if isinstance(weights, Weights) else key
        if piece not in by_piece:
            by_piece[piece] = put(weights[key], placement)
        found[key] = by_piece[piece]
    return found


def _core(shape: tuple[int, ...]) -> list[int]:
    """A shape without ones: a 1x1 convolution and a linear layer are the same numbers."""
    return [size for size in shape if size != 1]


def _refuse(what: str, names: Iterable[str]) -> None:
    listed = sorted(names)
    if listed:
        more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
        raise UnsupportedModel(f"The file {what}: {', '.join(listed[:3])}{more}.")
