"""Nodes that name models: what travels from here are handles, and weights are loaded when one is used."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from graph.values import Blocker
from nodes.diffusion import types
from nodes.diffusion.models import Checkpoint, ModelRegistry
from nodes.sockets import Model, Vae

MaybeClip = Annotated[types.ClipHandle | Blocker, Socket("CLIP"), Field(description="Its text encoder.")]
MaybeVae = Annotated[types.VaeHandle | Blocker, Socket("VAE"), Field(description="Its autoencoder.")]


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


@node("VAELoader", title="Load VAE", category="loaders", occupies="io")
def load_vae(
    vae_name: Annotated[str, Files("vae"), Field(description="A .safetensors file that holds an autoencoder.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Vae:
    """Choose an autoencoder: what turns pictures into latents and back."""
    return models.autoencoder(folders.path("vae", vae_name), folders.digest("vae", vae_name))


def _parts(checkpoint: Checkpoint, name: str) -> Parts:
    clip = checkpoint.clip or Blocker(f"{name} holds no text encoder; load one with CLIPLoader.")
    vae = checkpoint.vae or Blocker(f"{name} holds no autoencoder; load one with VAELoader.")
    return Parts(checkpoint.model, clip, vae)
