"""Tiny IP-Adapters in the layout of the published files, and encoders of pictures that they look through."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from nodes.diffusion.image_prompt.files import cross_layers

SEEN, HIDDEN = 24, 64
"""Numbers of a picture as one vector, and of each position."""


def vision(seed: int = 0) -> CLIPVisionModelWithProjection:
    """A tiny picture encoder of CLIP."""
    sizes = {"hidden_size": HIDDEN, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 16}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = CLIPVisionConfig(**sizes, patch_size=8, image_size=32, projection_dim=SEEN, hidden_act="quick_gelu")
        return CLIPVisionModelWithProjection(config).eval()


def adapter(unet: nn.Module, kind: str = "base", seed: int = 0, words: int = 4) -> dict[str, Tensor]:
    """The tensors of an adapter for a UNet; `kind` is `base`, `plus` or `full`."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) * 0.3

    width = unet.config.cross_attention_dim
    makers = {"base": _base, "plus": _plus, "full": _full}
    tensors = {f"image_proj.{key}": value for key, value in makers[kind](random, width, words).items()}
    for number, name in enumerate(cross_layers(unet)):
        inner = unet.get_submodule(f"{name}.to_k").weight.shape[0]
        for side in ("to_k_ip", "to_v_ip"):
            tensors[f"ip_adapter.{2 * number + 1}.{side}.weight"] = random(inner, width)
    return tensors


def write(path: Path, tensors: dict[str, Tensor]) -> Path:
    """A file of an adapter, or of an encoder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    return path


def _base(random, width: int, words: int) -> dict[str, Tensor]:
    return {
        "proj.weight": random(words * width, SEEN),
        "proj.bias": random(words * width),
        "norm.weight": random(width),
        "norm.bias": random(width),
    }


def _full(random, width: int, words: int) -> dict[str, Tensor]:
    return {
        "proj.0.weight": random(HIDDEN, HIDDEN),
        "proj.0.bias": random(HIDDEN),
        "proj.2.weight": random(width, HIDDEN),
        "proj.2.bias": random(width),
        "proj.3.weight": random(width),
        "proj.3.bias": random(width),
    }


def _plus(random, width: int, words: int) -> dict[str, Tensor]:
    """Four layers of 128 channels, two heads of 64."""
    inner = 128
    tensors = {
        "latents": random(1, words, inner),
        "proj_in.weight": random(inner, HIDDEN),
        "proj_in.bias": random(inner),
        "proj_out.weight": random(width, inner),
        "proj_out.bias": random(width),
        "norm_out.weight": random(width),
        "norm_out.bias": random(width),
    }
    for layer in range(4):
        asking, thinking = f"layers.{layer}.0", f"layers.{layer}.1"
        tensors |= {f"{asking}.norm{each}.{part}": random(inner) for each in (1, 2) for part in ("weight", "bias")}
        tensors |= {f"{asking}.to_q.weight": random(inner, inner), f"{asking}.to_kv.weight": random(2 * inner, inner)}
        tensors |= {f"{asking}.to_out.weight": random(inner, inner)}
        tensors |= {f"{thinking}.0.{part}": random(inner) for part in ("weight", "bias")}
        tensors |= {f"{thinking}.1.weight": random(4 * inner, inner), f"{thinking}.3.weight": random(inner, 4 * inner)}
    return tensors
