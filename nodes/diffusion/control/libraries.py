"""ControlNets of diffusers; the library is imported when one is first built, as in `weights.libraries`."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffusers.models.controlnets.controlnet import ControlNetModel
    from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
    from diffusers.models.controlnets.controlnet_sd3 import SD3ControlNetModel
    from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel
    from torch.nn import Module


def new_controlnet(config: Mapping[str, Any]) -> "ControlNetModel":
    """The ControlNet of diffusers."""
    from diffusers.models.controlnets.controlnet import ControlNetModel

    return ControlNetModel.from_config(dict(config))


def new_union(config: Mapping[str, Any]) -> "ControlNetUnionModel":
    """The ControlNet for several tasks of diffusers."""
    from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel

    return ControlNetUnionModel.from_config(dict(config))


def new_flux_controlnet(config: Mapping[str, Any]) -> "FluxControlNetModel":
    """The ControlNet of diffusers for Flux, which looks at `mask_channels` more numbers of each token."""
    from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
    from torch.nn import Linear

    network = FluxControlNetModel.from_config({key: value for key, value in config.items() if key != "mask_channels"})
    if beside := config.get("mask_channels", 0):
        network.controlnet_x_embedder = Linear(config["in_channels"] + beside, network.inner_dim)
    return network


def new_sd3_controlnet(config: Mapping[str, Any]) -> "SD3ControlNetModel":
    """The ControlNet of diffusers for Stable Diffusion 3."""
    from diffusers.models.controlnets.controlnet_sd3 import SD3ControlNetModel

    return SD3ControlNetModel.from_config(dict(config))


def new_qwen_controlnet(config: Mapping[str, Any]) -> "Module":
    """The ControlNet of diffusers for Qwen-Image."""
    from diffusers.models.controlnets.controlnet_qwenimage import QwenImageControlNetModel

    return QwenImageControlNetModel.from_config(dict(config))


def new_z_image_controlnet(config: Mapping[str, Any]) -> "Module":
    """The ControlNet of diffusers for Z-Image."""
    from diffusers.models.controlnets.controlnet_z_image import ZImageControlNetModel

    return ZImageControlNetModel.from_config(dict(config))


def new_grounded_attention(width: int, told: int, heads: int) -> "Module":
    """The attention of GLIGEN to places, of `width` channels, told of each place in `told` numbers."""
    from diffusers.models.attention import GatedSelfAttentionDense

    return GatedSelfAttentionDense(width, told, heads, width // heads)


def new_place_encoder(text: int, out: int) -> "Module":
    """What makes of a box and a text of `text` numbers what GLIGEN is told of a place, in `out` numbers."""
    from diffusers.models.embeddings import GLIGENTextBoundingboxProjection

    return GLIGENTextBoundingboxProjection(text, out)
