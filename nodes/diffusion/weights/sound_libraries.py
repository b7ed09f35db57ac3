"""Networks of diffusers that make sound; see `nodes.diffusion.weights.libraries`."""

# Imports inside functions are the point of this module: diffusers is imported when a network is first built.
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_oobleck import AutoencoderOobleck
    from torch.nn import Module


def new_stable_audio_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Stable Audio."""
    from diffusers.models.transformers.stable_audio_transformer import StableAudioDiTModel

    return StableAudioDiTModel.from_config(dict(config))


def new_stable_audio_times(config: Mapping[str, Any]) -> "Module":
    """What turns seconds into tokens for Stable Audio."""
    from diffusers.pipelines.stable_audio.modeling_stable_audio import StableAudioProjectionModel

    return StableAudioProjectionModel.from_config(dict(config))


def new_oobleck_autoencoder(config: Mapping[str, Any]) -> "AutoencoderOobleck":
    """The autoencoder of Stable Audio."""
    from diffusers.models.autoencoders.autoencoder_oobleck import AutoencoderOobleck

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch gives up the kind of normed weights that its files hold
        return AutoencoderOobleck.from_config(dict(config))
