"""ControlNets of diffusers; the library is imported when one is first built, as in `weights.libraries`."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffusers.models.controlnets.controlnet import ControlNetModel
    from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
    from diffusers.models.controlnets.controlnet_sd3 import SD3ControlNetModel
    from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel


def new_controlnet(config: Mapping[str, Any]) -> "ControlNetModel":
    """The ControlNet of diffusers."""
    from diffusers.models.controlnets.controlnet import ControlNetModel

    return ControlNetModel.from_config(dict(config))


def new_union(config: Mapping[str, Any]) -> "ControlNetUnionModel":
    """The ControlNet for several tasks of diffusers."""
    from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel

    return ControlNetUnionModel.from_config(dict(config))


def new_flux_controlnet(config: Mapping[str, Any]) -> "FluxControlNetModel":
    """The ControlNet of diffusers for Flux."""
    from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel

    return FluxControlNetModel.from_config(dict(config))


def new_sd3_controlnet(config: Mapping[str, Any]) -> "SD3ControlNetModel":
    """The ControlNet of diffusers for Stable Diffusion 3."""
    from diffusers.models.controlnets.controlnet_sd3 import SD3ControlNetModel

    return SD3ControlNetModel.from_config(dict(config))
