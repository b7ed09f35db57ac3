"""Pictures that a model looks at while it draws: latents beside the one that is sampled."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from nodes.diffusion.families.tokens import padded
from nodes.diffusion.types import LatentFormat


class Place(NamedTuple):
    """Where a picture begins: its index, and row and column in cells."""

    number: int
    row: int
    column: int


REFERENCE = "reference_"
"""What a model is told them under, before their numbers."""


def references_of(options: Mapping[str, Any], latent_format: LatentFormat) -> dict[str, Tensor]:
    """The pictures of a conditioning, in the scale of the network, each (1, channels, height, width).

    Args:
        options: of the conditioning; `reference_latents` as the autoencoder gives them.
        latent_format: of the model.
    """
    found = {}
    for number, latent in enumerate(options.get("reference_latents") or ()):
        picture = latent[:1, :, 0] if latent.dim() == 5 else latent[:1]
        found[f"{REFERENCE}{number}"] = latent_format.to_network(picture.float())
    return found


def places_of(options: Mapping[str, Any], sizes: Sequence[tuple[int, int]], size: tuple[int, int]) -> list[Place]:
    """Where a model that places tokens by index, row and column has each picture.

    The methods are those of the ecosystem. `offset`: all have index 1, and each begins beside or below those before it,
    whichever keeps the whole smaller. `index`: each has an index of its own. `uxo`: index 0, each to the lower right of
    the picture that is drawn and of those before it.

    Args:
        options: of the conditioning; `reference_latents_method` chooses.
        sizes: height and width of each picture, in cells.
        size: of the picture that is drawn.
    """
    method = options.get("reference_latents_method") or "offset"
    places, height, width = [], 0, 0
    for number, (tall, wide) in enumerate(sizes, start=1):
        if method.startswith("index"):
            places.append(Place(number, 0, 0))
        elif method == "uxo":
            places.append(Place(0, size[0] + height, size[1] + width))
            height, width = height + tall, width + wide
        else:
            row, column = (0, width) if tall + height > wide + width else (height, 0)
            places.append(Place(1, row, column))
            height, width = max(height, tall + row), max(width, wide + column)
    return places


def shown(told: Mapping[str, Tensor], patch: int, dtype: Any) -> list[Tensor]:  # a torch.dtype
    """The pictures in their order, with whole tokens."""
    numbers = sorted(int(name.removeprefix(REFERENCE)) for name in told if name.startswith(REFERENCE))
    return [padded(told[f"{REFERENCE}{number}"].to(dtype), patch) for number in numbers]
