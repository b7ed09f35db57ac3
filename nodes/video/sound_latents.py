"""Nodes between sound and latents."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.sound_autoencoding import decode_sound, decode_sound_tiled, encode_sound
from nodes.sockets import Latent, Vae
from nodes.video.video_files import Audio

CATEGORY = "latent/audio"
Autoencoder = Annotated[Vae, Field(description="The autoencoder that belongs to the model.")]


@node("VAEEncodeAudio", title="Encode audio", category=CATEGORY, occupies="gpu")
def encode_audio(audio: Audio, vae: Autoencoder, *, models: ModelRegistry) -> Latent:
    """Turn sound into latents, to be changed by sampling."""
    with models.use_vae(vae) as autoencoder:
        return {"samples": encode_sound(autoencoder, audio)}


@node("VAEDecodeAudio", title="Decode audio", category=CATEGORY, occupies="gpu")
def decode_audio(samples: Latent, vae: Autoencoder, *, models: ModelRegistry) -> Audio:
    """Turn latents into sound."""
    with models.use_vae(vae) as autoencoder:
        return decode_sound(autoencoder, samples["samples"])


@node("VAEDecodeAudioTiled", title="Decode audio in tiles", category=CATEGORY, occupies="gpu")
def decode_audio_tiled(
    samples: Latent,
    vae: Autoencoder,
    tile_size: Annotated[
        int, Field(ge=32, le=8192, multiple_of=8, description="Length of a piece, in cells of the latent.")
    ] = 512,
    overlap: Annotated[
        int, Field(ge=0, le=1024, multiple_of=8, description="How far neighbouring pieces overlap, in cells.")
    ] = 64,
    *,
    models: ModelRegistry,
) -> Audio:
    """Turn latents into sound piece by piece, for sound that does not fit into memory at once."""
    with models.use_vae(vae) as autoencoder:
        return decode_sound_tiled(autoencoder, samples["samples"], tile_size, overlap)
