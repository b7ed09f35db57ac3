"""Loaders of GGUF files, under the names that graphs of the ecosystem have for them.

The plain loaders read such files too; these take the same files, and are there for graphs that name them.
"""

from typing import Annotated

from pydantic import Field

from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.models import ModelRegistry
from nodes.models.loaders import lone_text_encoder, text_encoder
from nodes.models.text_types import (
    DUAL_TYPES,
    QUADRUPLE_FAMILIES,
    TRIPLE_FAMILIES,
    DualType,
    SingleType,
    readers,
)
from nodes.sockets import Clip, Model

CATEGORY = "loaders/gguf"
TextFile = Annotated[
    str, Files("text_encoders"), Field(description="A .gguf file with a text encoder, or a .safetensors file.")
]


@node("UnetLoaderGGUF", title="Load diffusion model (GGUF)", category=CATEGORY, occupies="io")
def load_diffusion_model(
    unet_name: Annotated[
        str, Files("diffusion_models"), Field(description="A .gguf file with a diffusion model in few bits.")
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Model:
    """Choose a diffusion model in few bits, which it keeps until a layer computes."""
    path, digest = folders.path("diffusion_models", unet_name), folders.digest("diffusion_models", unet_name)
    return models.diffusion_model(path, digest)


@node("CLIPLoaderGGUF", title="Load CLIP (GGUF)", category=CATEGORY, occupies="io")
def load_clip(
    clip_name: TextFile,
    type: Annotated[SingleType, Field(description="Which kind of diffusion model reads it.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Clip:
    """Choose the text encoder of a model that has one, or a language model that writes."""
    return lone_text_encoder(clip_name, type, models, folders)


@node("DualCLIPLoaderGGUF", title="Load two CLIPs (GGUF)", category=CATEGORY, occupies="io")
def load_two_clips(
    clip_name1: TextFile,
    clip_name2: TextFile,
    type: Annotated[DualType, Field(description="Which kind of diffusion model reads them.")],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Clip:
    """Choose the text encoders of a model that reads two; their order does not matter."""
    return text_encoder([clip_name1, clip_name2], readers(type, DUAL_TYPES), models, folders)


@node("TripleCLIPLoaderGGUF", title="Load three CLIPs (GGUF)", category=CATEGORY, occupies="io")
def load_three_clips(
    clip_name1: TextFile, clip_name2: TextFile, clip_name3: TextFile, *, models: ModelRegistry, folders: Folders
) -> Clip:
    """Choose the text encoders of Stable Diffusion 3; their order does not matter."""
    return text_encoder([clip_name1, clip_name2, clip_name3], TRIPLE_FAMILIES, models, folders)


@node("QuadrupleCLIPLoaderGGUF", title="Load four CLIPs (GGUF)", category=CATEGORY, occupies="io")
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
