"""Nodes for LTX-2, which makes videos together with their sound."""

from typing import Annotated, Literal, NamedTuple

import torch
from pydantic import Field

from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion import types
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.ltx2_sound import Ltx2Sound
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.several import SOUND
from nodes.sampling.guiders import Cfg
from nodes.sockets import Clip, Conditioning, Guider, Latent, Model, Vae
from nodes.video.video_files import Audio

LOADERS, LATENTS = "loaders", "latent/video/ltxv"
Checkpoint = Annotated[str, Files("checkpoints")]
Device = Annotated[
    Literal["default", "cpu"],
    Field(description="Kept for workflows that say it: texts are encoded where the worker's models run."),
]
SoundVae = Annotated[Vae, Field(description="The autoencoder of sound, loaded by LTXVAudioVAELoader.")]


class Separate(NamedTuple):
    """A video and its sound, each by itself."""

    video_latent: Latent
    audio_latent: Latent


@node("LTXAVTextEncoderLoader", title="Load text encoder (LTX-2)", category=LOADERS, occupies="io")
def load_text_encoder(
    text_encoder: Annotated[str, Files("text_encoders"), Field(description="A .safetensors file with Gemma 3.")],
    ckpt_name: Annotated[
        Checkpoint, Field(description="The model's own file, which holds what leads from Gemma to the model.")
    ],
    device: Device,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Clip:
    """Choose the text encoder of LTX-2: Gemma 3, and the connectors that come with the model."""
    named = (("text_encoders", text_encoder), ("checkpoints", ckpt_name))
    files = [(folders.path(folder, name), folders.digest(folder, name)) for folder, name in named]
    return models.text_encoder(files, ("ltx2",))


@node("LTXVAudioVAELoader", title="Load audio VAE (LTX-2)", category=LOADERS, occupies="io")
def load_audio_vae(
    ckpt_name: Annotated[Checkpoint, Field(description="A .safetensors file of LTX-2, or of its sound alone.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Annotated[Vae, Field(description="The autoencoder of sound.")]:
    """Choose the autoencoder of LTX-2's sound: what turns sound into latents and back."""
    return models.sound_autoencoder(folders.path("checkpoints", ckpt_name), folders.digest("checkpoints", ckpt_name))


@node("LTXVEmptyLatentAudio", title="Empty latent audio (LTX-2)", category=LATENTS, occupies="gpu")
def empty_latent_audio(
    frames_number: Annotated[int, Field(ge=1, le=1000, description="Frames of the video.", default=97)],
    frame_rate: Annotated[int, Field(ge=1, le=1000, description="Frames per second of the video.", default=25)],
    batch_size: Annotated[int, Field(ge=1, le=4096, description="How many sounds.", default=1)],
    audio_vae: SoundVae,
    *,
    models: ModelRegistry,
) -> Latent:
    """Start a sound from nothing, as long as a video."""
    with models.use_vae(audio_vae) as autoencoder:
        sound = _of_sound(autoencoder, audio_vae)
        steps = sound.steps(frames_number, frame_rate)
        return {"samples": torch.zeros(batch_size, sound.latent_channels, steps, sound.tones)}


@node("LTXVAudioVAEEncode", title="Encode audio (LTX-2)", category=LATENTS, occupies="gpu")
def encode_audio(audio: Audio, audio_vae: SoundVae, *, models: ModelRegistry) -> Latent:
    """Turn a sound into a latent, for a video that goes with it."""
    with models.use_vae(audio_vae) as autoencoder:
        return {"samples": _of_sound(autoencoder, audio_vae).heard(audio)}


@node("LTXVAudioVAEDecode", title="Decode audio (LTX-2)", category=LATENTS, occupies="gpu")
def decode_audio(
    samples: Annotated[Latent, Field(description="A sound, or a video with its sound.")],
    audio_vae: SoundVae,
    *,
    models: ModelRegistry,
) -> Annotated[Audio, Field(description="The sound.")]:
    """Turn the latent of a sound into sound."""
    with models.use_vae(audio_vae) as autoencoder:
        return _of_sound(autoencoder, audio_vae).played(samples.get(SOUND, samples)["samples"])


@node("LTXVConcatAVLatent", title="Join video and audio latents", category=LATENTS)
def join_latents(video_latent: Latent, audio_latent: Latent) -> Latent:
    """Put a video and a sound together, so that they are sampled along with each other.

    What the noise mask of either keeps stays as it is. Nodes for latents of videos see the video alone.
    """
    return {**video_latent, "sound": audio_latent}


@node("LTXVSeparateAVLatent", title="Separate video and audio latents", category=LATENTS)
def separate_latents(av_latent: Latent) -> Separate:
    """Take a video and its sound apart."""
    if SOUND not in av_latent:
        raise DiffusionError("The latent holds no sound. Put a video and a sound together with LTXVConcatAVLatent.")
    video: types.Latent = {**av_latent}
    return Separate(video, video.pop("sound"))


@node("LTXVDualCFGGuider", title="Guider for video and audio (LTX-2)", category="sampling/custom/guiders")
def dual_cfg_guider(
    model: Model,
    positive: Annotated[Conditioning, Field(description="What to draw.")],
    negative: Annotated[Conditioning, Field(description="What to stay away from.")],
    video_cfg: Annotated[Cfg, Field(description="How closely the video follows the positive conditioning.")] = 3.0,
    audio_cfg: Annotated[Cfg, Field(description="How closely the sound does.")] = 7.0,
) -> Guider:
    """Follow a positive conditioning, away from a negative one, with a scale each for a video and its sound."""
    both = {"positive": positive, "negative": negative}
    return types.Guider(model, "cfg_with_sound", both, {"video_cfg": video_cfg, "audio_cfg": audio_cfg})


def _of_sound(autoencoder: object, vae: types.VaeHandle) -> Ltx2Sound:
    if not isinstance(autoencoder, Ltx2Sound):
        raise DiffusionError(f"{vae.source.names} was loaded as an autoencoder of pictures; use LTXVAudioVAELoader.")
    return autoencoder
