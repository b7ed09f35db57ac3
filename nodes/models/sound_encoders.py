"""Nodes that hear: features of sound, for models whose videos follow speech."""

from typing import Annotated

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.hearing import Heard, HearingHandle, hear, open_hearing
from nodes.diffusion.models import ModelRegistry
from nodes.video.video_files import Audio

SoundEncoder = Annotated[HearingHandle, Socket("AUDIO_ENCODER")]
"""Which network hears."""
SoundFeatures = Annotated[Heard, Socket("AUDIO_ENCODER_OUTPUT")]
"""What it heard."""


@node("AudioEncoderLoader", title="Load audio encoder", category="loaders", occupies="io")
def load_sound_encoder(
    audio_encoder_name: Annotated[
        str, Files("audio_encoders"), Field(description="A .safetensors file with Wav2Vec2 or Whisper.")
    ],
    *,
    folders: Folders,
) -> SoundEncoder:
    """Choose a network that hears speech: Wav2Vec2 or Whisper."""
    path = folders.path("audio_encoders", audio_encoder_name)
    return open_hearing(path, folders.digest("audio_encoders", audio_encoder_name))


@node("AudioEncoderEncode", title="Encode audio for speech", category="conditioning", occupies="gpu")
def encode_for_speech(audio_encoder: SoundEncoder, audio: Audio, *, models: ModelRegistry) -> SoundFeatures:
    """Turn sound into features, 50 a second, which models follow whose videos speak."""
    return hear(models, audio_encoder, audio)
