"""A tiny Lotus in the layout of original files."""

from pathlib import Path

from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor

from tests.nodes.diffusion import originals


def unet(seen: int = 4) -> UNet2DConditionModel:
    """The UNet; with 8 channels it sees the picture and the noise."""
    sizes = {"cross_attention_dim": 1024, "attention_head_dim": (1, 1), "use_linear_projection": True}
    told = {"class_embed_type": "projection", "projection_class_embeddings_input_dim": 4}
    build = UNet2DConditionModel
    return originals.seeded(3, lambda: build(**originals.TINY_UNET, **sizes, **told, in_channels=seen).eval())


def tensors(seen: int = 4) -> dict[str, Tensor]:
    """Its weights under their original names."""
    return {key: tensor.contiguous() for key, tensor in originals.original_unet(unet(seen)).items()}


def write(path: Path, seen: int = 4, *, is_original: bool = True) -> Path:
    """A file in the original layout, or in that of diffusers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors(seen) if is_original else dict(unet(seen).state_dict()), path)
    return path
