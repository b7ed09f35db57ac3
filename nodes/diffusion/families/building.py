"""Building a network around weights that are already there: no random start, no second copy."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.memory import Placement

Module = TypeVar("Module", bound=nn.Module)


def skeleton(build: Callable[[], Module]) -> Module:
    """A network whose weights and buffers have shapes but take no memory. Other threads are not concerned."""
    with torch.device("meta"):
        return build()


def parameter_count(network: nn.Module) -> int:
    """How many weights a network has."""
    return sum(parameter.numel() for parameter in network.parameters())


def gather(
    network: nn.Module, names: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]], tensor: Callable[[str], Tensor]
) -> dict[str, Tensor]:
    """The weights of a network from a file that calls them otherwise.

    Args:
        network: what is to be filled.
        names: the file's name of each of the network's keys.
        shapes: what the file holds.
        tensor: reads one of the file's tensors.

    Raises:
        UnsupportedModel: the file lacks a weight, has one too many, or one of another shape.
    """
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    known = {names[key] for key in wanted}
    _refuse(f"lacks weights of a {type(network).__name__}", known - set(shapes))
    _refuse(f"holds weights that a {type(network).__name__} of this family has not", set(shapes) - known)
    _refuse(
        f"holds weights of other shapes than a {type(network).__name__} of this family has",
        {names[key] for key, shape in wanted.items() if _core(shapes[names[key]]) != _core(shape)},
    )
    return {key: tensor(names[key]).reshape(shape) for key, shape in wanted.items()}


def fill(network: Module, weights: Mapping[str, Tensor], placement: Placement) -> Module:
    """Give a skeleton its weights, in the precision and on the device that was decided.

    Raises:
        UnsupportedModel: they do not fit.
    """
    try:
        network.load_state_dict({key: _put(value, placement) for key, value in weights.items()}, assign=True)
    except RuntimeError as error:
        raise UnsupportedModel(f"The weights do not fit a {type(network).__name__}: {error}") from error
    network.to(placement.device)  # buffers; the weights are there already
    return network.eval().requires_grad_(False)


def _put(value: Tensor, placement: Placement) -> Tensor:
    dtype = placement.dtype if value.is_floating_point() else value.dtype
    # Convolutions are faster with the channels last.
    format = torch.channels_last if value.dim() == 4 else torch.contiguous_format
    return value.to(placement.device, dtype, memory_format=format)


def _core(shape: tuple[int, ...]) -> list[int]:
    """A shape without ones: a 1x1 convolution and a linear layer are the same numbers."""
    return [size for size in shape if size != 1]


def _refuse(what: str, names: Iterable[str]) -> None:
    listed = sorted(names)
    if listed:
        more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
        raise UnsupportedModel(f"The file {what}: {', '.join(listed[:3])}{more}.")
