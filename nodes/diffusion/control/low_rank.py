"""Control-LoRAs: ControlNets whose weights are those of the model that is steered, and differences of low rank to them.

Stability AI, 2023, "Control-LoRAs". What a file holds whole (norms, the layers that look at the picture, what is added)
stands as it is; for `<layer>.up` and `<layer>.down` their product is added to the model's weight; all else is the
model's.
"""

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.control.layout import ORIGINAL, Shapes, hint_channels
from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.patches.recipe import Recipe

MARK = "lora_controlnet"
UP, DOWN = ".up", ".down"
COPIED = (
    "in_channels",
    "block_out_channels",
    "layers_per_block",
    "down_block_types",
    "mid_block_type",
    "transformer_layers_per_block",
    "use_linear_projection",
    "cross_attention_dim",
    "addition_embed_type",
    "addition_time_embed_dim",
    "projection_class_embeddings_input_dim",
    "class_embed_type",
    "attention_head_dim",
    "num_attention_heads",
    "norm_num_groups",
    "upcast_attention",
)
"""What the network has from the UNet that is steered."""
_OF_UNET = ("conv_in.", "time_embedding.", "add_embedding.", "class_embedding.", "down_blocks.", "mid_block.")


def is_low_rank(shapes: Mapping[str, object]) -> bool:
    """Whether a file holds a Control-LoRA."""
    return MARK in shapes or (ORIGINAL in shapes and any(key.endswith(UP) for key in shapes))


def low_rank_config(shapes: Shapes, unet: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of the network, as diffusers wants it.

    Args:
        shapes: of the file.
        unet: the configuration of the UNet that is steered.
    """
    copied = {key: unet[key] for key in COPIED if unet.get(key) is not None}
    seen = {"conditioning_channels": shapes[ORIGINAL][1], "conditioning_embedding_out_channels": hint_channels(shapes)}
    return copied | seen


def low_rank_size(unet: nn.Module) -> int:
    """About how many weights the network has: as many as the half of the UNet that it is a copy of."""
    return sum(weight.numel() for key, weight in unet.named_parameters() if key.startswith(_OF_UNET))


def low_rank_weights(
    network: nn.Module, names: Mapping[str, str], shapes: Shapes, read: Callable[[str], Tensor], base: Recipe
) -> Iterator[tuple[str, Tensor]]:
    """Each weight of the network by its key.

    Args:
        network: to be filled.
        names: what an original file calls each of its weights.
        shapes: of the file.
        read: gives one of the file's tensors.
        base: the weights of the model that is steered.

    Raises:
        ModelError: the model's weights are of other shapes, or it lacks one.
    """
    places = set(base.places())
    for key, shape in state_shapes(network).items():
        name = names[key]
        up, down = (f"{name.removesuffix('.weight')}{end}" for end in (UP, DOWN))
        if name in shapes:
            yield key, read(name)
            continue
        if ("model", key) not in places:
            raise ModelError(f"the model has no weight {name}")
        weight = base.weight(("model", key))
        if name.endswith(".weight") and up in shapes:
            if (shapes[up][0], prod(shapes[down][1:])) != (shape[0], prod(shape[1:])):
                raise ModelError(f"its {name} is for another model than one with {'x'.join(map(str, shape))}")
            difference = torch.mm(read(up).float().flatten(1), read(down).float().flatten(1))
            weight = weight + difference.reshape(weight.shape)
        yield key, weight.reshape(shape)
