"""Tiny files of the folder `model_patches`, random and not silent, for the tiny Qwen-Image and Z-Image."""

from pathlib import Path

import torch
from diffusers import ZImageControlNetModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.control.block_network import BlockNetwork
from tests.nodes.diffusion.control.controls import awaken
from tests.nodes.diffusion.originals import seeded

MODES = {"fun 1": None, "fun 2.0": "control_layers", "fun 2.1": "control_noise_refiner"}
"""Releases of the ControlNet of Z-Image, and what their layers do with the noisy picture."""


def blocks(seen: int = 64) -> BlockNetwork:
    """A block-wise ControlNet of Qwen-Image; with 68 numbers a token it looks at a mask."""
    return seeded(1, lambda: awaken(BlockNetwork(seen, 64, 2)))


def fun(kind: str, mode: str | None = None) -> ZImageControlNetModel:
    """A ControlNet of Z-Image."""
    config = {
        "control_layers_places": [0, 1],
        "control_refiner_layers_places": [0],
        "control_in_dim": 16 if kind == "fun 1" else 33,
        "add_control_noise_refiner": mode or MODES[kind],
        "n_refiner_layers": 1,
    }
    size = {"dim": 64, "n_heads": 2, "n_kv_heads": 2}
    return seeded(2, lambda: awaken(ZImageControlNetModel(**config, **size)))


def tensors(kind: str) -> dict[str, Tensor]:
    """What a published file of a release holds."""
    network: nn.Module = fun(kind) if kind in MODES else blocks(68 if kind == "qwen inpaint" else 64)
    found = dict(network.state_dict())
    if kind == "fun 2.0":  # layers that were never trained are there
        whole = fun(kind, "control_noise_refiner").state_dict()
        beside = {key: each for key, each in whole.items() if key.startswith("control_noise_refiner.")}
        found |= {key: torch.zeros_like(each) if "after_proj" in key else each for key, each in beside.items()}
    return found


def write(path: Path, kind: str) -> Path:
    """Such a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: each.contiguous().clone() for key, each in tensors(kind).items()}, path)
    return path
