"""The node that loads a checkpoint with a configuration beside it, as graphs of the first years do."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion import types
from nodes.diffusion.models import ModelRegistry
from nodes.models.loaders import Parts, load_checkpoint

KNOWN = (
    "anything_v3.yaml",
    "v1-inference.yaml",
    "v1-inference_clip_skip_2.yaml",
    "v1-inference_clip_skip_2_fp16.yaml",
    "v1-inference_fp16.yaml",
    "v1-inpainting-inference.yaml",
    "v2-inference-v.yaml",
    "v2-inference-v_fp32.yaml",
    "v2-inference.yaml",
    "v2-inference_fp32.yaml",
    "v2-inpainting-inference.yaml",
)
"""Configurations that graphs name and that need not lie in the folder `configs`: their names say what matters."""
SKIPS_ONE = -2
"""The layer of CLIP that `clip_skip_2` means: the last but one."""


@node(
    "CheckpointLoader", title="Load checkpoint with configuration", category="loaders", occupies="io", deprecated=True
)
def load_configured_checkpoint(
    config_name: Annotated[
        str,
        Files("configs", extra=KNOWN),
        Field(
            description="A configuration in the original layout; of what it says, only what files do not tell counts."
        ),
    ],
    ckpt_name: Annotated[
        str, Files("checkpoints"), Field(description="A .safetensors file, or a folder in the diffusers layout.")
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Parts:
    """Choose a diffusion model with its text encoder and its autoencoder, and say how it was trained.

    `CheckpointLoaderSimple` finds out by itself. Here the configuration says whether the model predicts v, and whether
    its text encoder stops before the last layer.
    """
    parts = load_checkpoint(ckpt_name, models=models, folders=folders)
    says_v, skips = _said(config_name, folders)
    model = parts.MODEL.with_options(prediction="v_prediction") if says_v else parts.MODEL
    clip = parts.CLIP
    if skips and isinstance(clip, types.ClipHandle):
        clip = replace(clip, stop_at_layer=SKIPS_ONE)
    return Parts(model, clip, parts.VAE)


def _said(config_name: str, folders: Folders) -> tuple[bool, bool]:
    """Whether the model predicts v, and whether its text encoder stops at the last layer but one."""
    if config_name in KNOWN:
        return "-inference-v" in config_name, "clip_skip_2" in config_name or config_name == "anything_v3.yaml"
    text = folders.path("configs", config_name).read_text(encoding="utf-8").replace("'", "").replace('"', "")
    return "parameterization: v" in text, "layer_idx: -2" in text
