"""A UNet that can be trained: its own modules around weights that it may share with the network that others use."""

import copy
from dataclasses import replace

import torch

from nodes.diffusion.computing.attention import AttentionProcessor
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.unet import UnetModel


def trainable(model: object, name: str, *, dtype: torch.dtype | None = None, owns_weights: bool = False) -> UnetModel:
    """A copy of a loaded model to train with, which leaves the model as it is.

    Args:
        model: as the registry has it.
        name: of its file, for errors.
        dtype: what weights are held in; None for what the model has.
        owns_weights: whether the copy's weights will change. Otherwise it shares them: it takes no memory.

    Raises:
        UnsupportedModel: it is no UNet, or one that sees more than the noisy latent.
    """
    model = getattr(model, "unrecorded", model)  # one whose calls are recorded for speed
    if not isinstance(model, UnetModel):
        raise UnsupportedModel(
            f"{name} cannot be trained here: its network is a {type(model).__name__}, and only UNets can be trained "
            "(Stable Diffusion 1.x, 2.x and XL). Choose such a model."
        )
    if model.network.config["in_channels"] != model.latent_format.channels:
        raise UnsupportedModel(
            f"{name} cannot be trained here: it is a model for inpainting, which sees a mask too. Choose the model "
            "that it was made from; what is learnt can be used with both."
        )
    dtype = dtype or model.dtype
    shared = {} if owns_weights or dtype != model.dtype else {id(each): each for each in model.network.parameters()}
    is_shared = bool(shared)
    with torch.inference_mode(False), torch.no_grad():
        network = copy.deepcopy(model.network, shared)
        if not is_shared:
            network = network.to(dtype)
    network.set_attn_processor(AttentionProcessor())
    return replace(model, network=network, dtype=dtype)
