"""Nodes that name models: what travels from here are handles, and weights are loaded when one is used."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, Widget, node
from graph.values import Blocker
from nodes.diffusion import types
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.tiny_autoencoder import FORMATS
from nodes.diffusion.models import Checkpoint, ModelRegistry
from nodes.diffusion.text.generation import WRITERS
from nodes.diffusion.vision.encoder import open_vision
from nodes.models.text_types import (
    DUAL_TYPES,
    QUADRUPLE_FAMILIES,
    SINGLE_TYPES,
    TRIPLE_FAMILIES,
    DualType,
    SingleType,
    readers,
)
from nodes.sockets import Clip, ClipVision, Model, Vae

TINY_NAMES = tuple(FORMATS)
"""Tiny autoencoders that are chosen by name; their files lie in the folder `vae_approx`."""
MaybeClip = Annotated[types.ClipHandle | Blocker, Socket("CLIP"), Field(description="Its text encoder.")]
MaybeVae = Annotated[types.VaeHandle | Blocker, Socket("VAE"), Field(description="Its autoencoder.")]
TextFile = Annotated[str, Files("text_encoders"), Field(description="A .safetensors file with a text encoder.")]
Device = Annotated[
    Literal["default", "cpu"],
    Widget(optional=True),
    Field(description="Kept for workflows that say it: texts are encoded where the worker's models run."),
]


class Parts(NamedTuple):
    """The parts of a checkpoint; whoever uses one that it lacks is told so."""

    MODEL: Annotated[Model, Field(description="Its diffusion model.")]
    CLIP: MaybeClip
    VAE: MaybeVae


@node("CheckpointLoaderSimple", title="Load checkpoint", category="loaders", occupies="io")
def load_checkpoint(
    ckpt_name: Annotated[
        str, Files("checkpoints"), Field(description="A .safetensors file, or a folder in the diffusers layout.")
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Parts:
    """Choose a diffusion model with its text encoder and its autoencoder."""
    path, digest = folders.path("checkpoints", ckpt_name), folders.digest("checkpoints", ckpt_name)
    return _parts(models.checkpoint(path, digest), ckpt_name)


class UnclipParts(NamedTuple):
    """The parts of a checkpoint that is told of pictures."""

    MODEL: Annotated[Model, Field(description="Its diffusion model.")]
    CLIP: MaybeClip
    VAE: MaybeVae
    CLIP_VISION: Annotated[ClipVision, Field(description="What it sees pictures with.")]


@node("unCLIPCheckpointLoader", title="Load unCLIP checkpoint", category="loaders", occupies="io")
def load_unclip_checkpoint(
    ckpt_name: Annotated[
        str, Files("checkpoints"), Field(description="A .safetensors file of the kind Stable Diffusion 2.1 unCLIP.")
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> UnclipParts:
    """Choose a diffusion model that is told of pictures, with the encoder that it sees them with."""
    path, digest = folders.path("checkpoints", ckpt_name), folders.digest("checkpoints", ckpt_name)
    parts = _parts(models.checkpoint(path, digest), ckpt_name)
    return UnclipParts(*parts, open_vision(path, digest))


@node("DiffusersLoader", title="Load diffusers folder", category="loaders", occupies="io", deprecated=True)
def load_diffusers(
    model_path: Annotated[str, Files("diffusers"), Field(description="A folder with a model_index.json.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Parts:
    """Choose a diffusion model with its text encoder and its autoencoder, in the diffusers layout.

    `CheckpointLoaderSimple` does the same and takes files too.
    """
    path, digest = folders.path("diffusers", model_path), folders.digest("diffusers", model_path)
    return _parts(models.checkpoint(path, digest), model_path)


@node("UNETLoader", title="Load diffusion model", category="loaders", occupies="io")
def load_diffusion_model(
    unet_name: Annotated[
        str, Files("diffusion_models"), Field(description="A .safetensors file with a diffusion model.")
    ],
    weight_dtype: Annotated[
        Literal["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"],
        Field(
            description="Kept for workflows that say it: weights have the precision that suits the device, and are "
            "never made coarser."
        ),
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Model:
    """Choose a diffusion model that comes without text encoder and autoencoder."""
    path, digest = folders.path("diffusion_models", unet_name), folders.digest("diffusion_models", unet_name)
    return models.diffusion_model(path, digest)


@node("CLIPLoader", title="Load CLIP", category="loaders", occupies="io")
def load_clip(
    clip_name: TextFile,
    type: Annotated[SingleType, Field(description="Which kind of diffusion model reads it.")],
    device: Device = "default",
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Clip:
    """Choose the text encoder of a model that has one, or a language model that writes."""
    return lone_text_encoder(clip_name, type, models, folders)


@node("DualCLIPLoader", title="Load two CLIPs", category="loaders", occupies="io")
def load_two_clips(
    clip_name1: TextFile,
    clip_name2: TextFile,
    type: Annotated[DualType, Field(description="Which kind of diffusion model reads them.")],
    device: Device = "default",
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Clip:
    """Choose the text encoders of a model that reads two; their order does not matter."""
    return text_encoder([clip_name1, clip_name2], readers(type, DUAL_TYPES), models, folders)


@node("TripleCLIPLoader", title="Load three CLIPs", category="loaders", occupies="io")
def load_three_clips(
    clip_name1: TextFile, clip_name2: TextFile, clip_name3: TextFile, *, models: ModelRegistry, folders: Folders
) -> Clip:
    """Choose the text encoders of Stable Diffusion 3; their order does not matter."""
    return text_encoder([clip_name1, clip_name2, clip_name3], TRIPLE_FAMILIES, models, folders)


@node("QuadrupleCLIPLoader", title="Load four CLIPs", category="advanced/loaders", occupies="io")
def load_four_clips(
    clip_name1: TextFile,
    clip_name2: TextFile,
    clip_name3: TextFile,
    clip_name4: TextFile,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Clip:
    """Choose the text encoders of HiDream: two CLIPs, T5 and Llama; their order does not matter."""
    names = [clip_name1, clip_name2, clip_name3, clip_name4]
    return text_encoder(names, QUADRUPLE_FAMILIES, models, folders)


@node("VAELoader", title="Load VAE", category="loaders", occupies="io")
def load_vae(
    vae_name: Annotated[
        str,
        Files("vae", extra=TINY_NAMES),
        Field(description="A .safetensors file that holds an autoencoder, or a tiny one of the folder `vae_approx`."),
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Vae:
    """Choose an autoencoder: what turns pictures into latents and back."""
    if vae_name not in TINY_NAMES:
        return models.autoencoder(folders.path("vae", vae_name), folders.digest("vae", vae_name))
    halves = [f"{vae_name}_{half}.safetensors" for half in ("encoder", "decoder")]
    files = [(folders.path("vae_approx", name), folders.digest("vae_approx", name)) for name in halves]
    return models.tiny_autoencoder(vae_name, files)


def text_encoder(
    names: list[str], families: tuple[str, ...], models: ModelRegistry, folders: Folders
) -> types.ClipHandle:
    """A handle of the text encoders in files of their own.

    Args:
        names: of the files.
        families: those that may read them.
        models: recognises them.
        folders: where they are.

    Raises:
        ModelError: none of the families reads such text encoders.
    """
    files = [(folders.path("text_encoders", name), folders.digest("text_encoders", name)) for name in names]
    return models.text_encoder(files, families)


def lone_text_encoder(name: str, kind: SingleType, models: ModelRegistry, folders: Folders) -> types.ClipHandle:
    """A handle of a text encoder for models of a type, or of a language model, which can write whatever its type.

    Raises:
        ModelError: it is neither.
    """
    try:
        return text_encoder([name], (*SINGLE_TYPES.get(kind, ()), WRITERS), models, folders)
    except UnsupportedModel:
        readers(kind, SINGLE_TYPES)  # says which types there are, if this is none of them
        raise


def _parts(checkpoint: Checkpoint, name: str) -> Parts:
    clip = checkpoint.clip or Blocker(f"{name} holds no text encoder; load one with CLIPLoader.")
    vae = checkpoint.vae or Blocker(f"{name} holds no autoencoder; load one with VAELoader.")
    return Parts(checkpoint.model, clip, vae)
