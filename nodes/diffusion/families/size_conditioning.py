"""The sizes that Stable Diffusion XL is told beside the text.

Podell et al., 2023, "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis", section 2.2.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.types import Start

BASE = ("height", "width", "crop_h", "crop_w", "target_height", "target_width")
REFINER = ("height", "width", "crop_h", "crop_w", "aesthetic_score")
"""What each network is told, in its order; options of a conditioning have these names."""
LIKED, DISLIKED = 6.0, 2.5
"""The aesthetic scores of a positive and of a negative conditioning that says nothing."""


def size_inputs(
    options: Mapping[str, Any], role: str, start: Start, downscale: int, *, is_refiner: bool
) -> dict[str, Tensor]:
    """`text_embeds` (1, width) and `time_ids` (1, 6 or 5) of a conditioning.

    Args:
        options: of the conditioning; sizes that it does not say are those of the picture.
        role: `negative` is less liked by the refiner.
        start: what the run starts from.
        downscale: picture pixels per latent cell.
        is_refiner: whether the network is the refiner.

    Raises:
        DiffusionError: the text was not summed up as one vector.
    """
    pooled = options.get("pooled_output")
    if pooled is None:
        raise DiffusionError(
            "The model wants the text summed up as one vector, which this conditioning lacks: encode it with the text "
            "encoder that belongs to the model."
        )
    height, width = (float(side * downscale) for side in start.latent.shape[-2:])
    said = {name: float(options[name]) for name in (*BASE, *REFINER) if name in options}
    defaults = {"height": height, "width": width, "crop_h": 0.0, "crop_w": 0.0}
    defaults["aesthetic_score"] = DISLIKED if role == "negative" else LIKED
    defaults["target_height"] = said.get("height", height)
    defaults["target_width"] = said.get("width", width)
    told = {**defaults, **said}
    ids = [told[name] for name in (REFINER if is_refiner else BASE)]
    return {"text_embeds": pooled.float(), "time_ids": torch.tensor([ids])}
