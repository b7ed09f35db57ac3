"""Upscalers of the package spandrel, for files that this house does not know itself; optional."""

# The import inside a function is the point of this module: the package is optional.
from collections.abc import Mapping
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel


class Stranger(nn.Module):
    """An upscaler of spandrel, used as our own are."""

    def __init__(self, network: nn.Module, scale: int, channels: int, multiple: int) -> None:
        super().__init__()
        self.network = network
        self.scale = scale
        self.channels = channels
        self.multiple = multiple
        self.width = 64

    def forward(self, pictures: Tensor) -> Tensor:
        """Enlarge (batch, channels, height, width) in 0..1 by `scale`."""
        height, width = pictures.shape[-2:]
        right, down = (-side % self.multiple for side in (width, height))
        if right or down:
            pictures = functional.pad(pictures, (0, right, 0, down), mode="replicate")
        return self.network(pictures)[..., : height * self.scale, : width * self.scale]


def is_installed() -> bool:
    """Whether the package, with what it needs, is there."""
    return all(find_spec(name) is not None for name in ("spandrel", "torchvision"))


def build_stranger(weights: Mapping[str, Tensor], name: str) -> Stranger:
    """An upscaler from the weights of a file.

    Args:
        weights: by key, as the file has them.
        name: of the file, for errors.

    Raises:
        UnsupportedModel: the package does not know it either, or it does not enlarge pictures.
    """
    from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError

    try:
        found = ModelLoader(torch.device("cpu")).load_from_state_dict(dict(weights))
    except UnsupportedModelError as error:
        raise UnsupportedModel(f"{name} is no upscaler that is known here, nor to spandrel: {error}") from error
    if not isinstance(found, ImageModelDescriptor):
        raise UnsupportedModel(f"{name} needs more than a picture; only networks that enlarge one can be used.")
    size = found.size_requirements
    return Stranger(found.model, found.scale, found.input_channels, max(1, size.multiple_of))
