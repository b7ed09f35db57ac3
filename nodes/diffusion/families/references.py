"""Pictures that a model looks at while it draws: latents beside the one that is sampled."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from nodes.diffusion.families.transformer_models import padded
from nodes.diffusion.types import LatentFormat

REFERENCE = "reference_{}"
"""What a model is told them under, by number."""


def references_of(options: Mapping[str, Any], latent_format: LatentFormat) -> dict[str, Tensor]:
    """The pictures of a conditioning, in the scale of the network, each (1, channels, height, width).

    Args:
        options: of the conditioning; `reference_latents` as the autoencoder gives them.
        latent_format: of the model.
    """
    found = {}
    for number, latent in enumerate(options.get("reference_latents") or ()):
        picture = latent[:1, :, 0] if latent.dim() == 5 else latent[:1]
        found[REFERENCE.format(number)] = latent_format.to_network(picture.float())
    return found


def shown(told: Mapping[str, Tensor], patch: int, dtype: Any) -> list[Tensor]:  # a torch.dtype
    """The pictures in their order, with whole tokens."""
    names = sorted((name for name in told if name.startswith(REFERENCE[:-2])), key=lambda name: int(name[10:]))
    return [padded(told[name].to(dtype), patch) for name in names]
