"""KL autoencoders from files: in the original layout, in the diffusers layout, or as a part of a diffusers folder."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import PartFolder
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.ldm_vae import current_key, is_original, vae_config, vae_keys
from nodes.diffusion.families.weights import renamed
from nodes.diffusion.libraries import new_autoencoder
from nodes.diffusion.memory import Placement

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

Shapes = Mapping[str, tuple[int, ...]]

TRAINING_ONLY = ("loss.", "model_ema.")
"""Keys of what autoencoders are trained with; some files still hold them."""


def autoencoder_from_file(
    shapes: Shapes, tensor: Callable[[str], Tensor], placement: Placement, settings: Mapping[str, Any]
) -> KlAutoencoder:
    """An autoencoder from a file in either layout.

    Args:
        shapes: by key, without the file's prefix.
        tensor: reads a weight by such a key.
        placement: device and precision.
        settings: what shapes do not tell, such as `norm_num_groups`.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    held = {key: shape for key, shape in shapes.items() if not key.startswith(TRAINING_ONLY)}
    network = skeleton(lambda: new_autoencoder({**vae_config(held), **settings}))
    names = vae_keys(network.state_dict()) if is_original(held) else _diffusers_names(network, held)
    return _finish(network, gather(network, renamed(names), held, tensor), placement)


def autoencoder_from_folder(part: PartFolder, placement: Placement) -> KlAutoencoder:
    """An autoencoder from the `vae` part of a diffusers folder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    network = skeleton(lambda: new_autoencoder(part.config))
    tensors, shapes = part.tensors(), part.shapes()
    weights = gather(network, renamed(_diffusers_names(network, shapes)), shapes, tensors.__getitem__)
    return _finish(network, weights, placement)


def _diffusers_names(network: "AutoencoderKL", shapes: Shapes) -> dict[str, str]:
    """What a diffusers file calls each key of the network; files of 2022 used other names for attentions."""
    present = {current_key(key): key for key in shapes}
    return {key: present.get(key, key) for key in network.state_dict()}


def _finish(network: "AutoencoderKL", weights: Mapping[str, Tensor], placement: Placement) -> KlAutoencoder:
    return KlAutoencoder(fill(network, weights, placement), placement.device, placement.dtype)
