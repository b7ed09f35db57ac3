"""KL autoencoders from files: in the original layout, in the diffusers layout, or as a part of a diffusers folder."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import Contents, ModelFolder, PartFolder, SingleFile, View
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.ldm_vae import current_key, is_diffusers, is_original, vae_config, vae_keys
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.weights import renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.libraries import new_autoencoder

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

Shapes = Mapping[str, tuple[int, ...]]

PREFIXES = ("first_stage_model.", "vae.", "")
"""Where an autoencoder may be in a file."""
SETTINGS = ("norm_num_groups",)
"""What no shape tells, and so may stand in a file's header."""
TRAINING_ONLY = ("loss.", "model_ema.")
"""Keys of what autoencoders are trained with; some files still hold them."""


def find_autoencoder(contents: Contents, prefixes: Sequence[str] = PREFIXES) -> View | None:
    """The weights of a KL autoencoder; None if there are none."""
    if isinstance(contents, ModelFolder):
        is_kl = contents.part("vae").config.get("_class_name", "AutoencoderKL") == "AutoencoderKL"
        return contents.part("vae").view() if contents.has("vae") and is_kl else None
    if not isinstance(contents, SingleFile):
        return None
    for prefix in prefixes:
        view = contents.view(prefix)
        if is_original(view.shapes) or is_diffusers(view.shapes):
            return view.without(*TRAINING_ONLY)
    return None


def autoencoder_from_file(view: View, placement: Placement) -> KlAutoencoder:
    """An autoencoder from a file in either layout.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    settings = view.settings("vae", SETTINGS)
    network = skeleton(lambda: new_autoencoder({**vae_config(view.shapes), **settings}))
    own = network.state_dict()
    names = vae_keys(own) if is_original(view.shapes) else _diffusers_names(network, view.shapes)
    return _finish(network, gather(network, renamed(names), view.shapes, view.read), placement)


def autoencoder_from_folder(part: PartFolder, placement: Placement) -> KlAutoencoder:
    """An autoencoder from the `vae` part of a diffusers folder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    view = part.view()
    network = skeleton(lambda: new_autoencoder(view.config))
    names = _diffusers_names(network, view.shapes)
    return _finish(network, gather(network, renamed(names), view.shapes, view.read), placement)


def _diffusers_names(network: "AutoencoderKL", shapes: Shapes) -> dict[str, str]:
    """What a diffusers file calls each key of the network; files of 2022 used other names for attentions."""
    present = {current_key(key): key for key in shapes}
    return {key: present.get(key, key) for key in network.state_dict()}


def _finish(network: "AutoencoderKL", weights: Mapping[str, Tensor], placement: Placement) -> KlAutoencoder:
    return KlAutoencoder(fill(network, weights, placement), placement.device, placement.dtype)


KL_AUTOENCODERS = LoneAutoencoders("autoencoder", "KL autoencoder", find_autoencoder, autoencoder_from_file)
