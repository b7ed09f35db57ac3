"""Short runs of the tiny model under effects."""

from pathlib import Path

import torch

from nodes.diffusion import sampling
from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.sampling import Recipe
from nodes.diffusion.schedules.named import Steps
from nodes.diffusion.types import Guider, ModelHandle, Noise, Sampler
from tests.nodes.diffusion import tiny

TEXTS = torch.randn(2, 1, 77, tiny.WIDTH, generator=torch.Generator().manual_seed(5))


def run(registry: ModelRegistry, handle: ModelHandle, *, cfg: float = 4.0, size: int = 8, steps: int = 2, **latent):
    """The latent that a short run gives."""
    guider = Guider(handle, "cfg", {"positive": [(TEXTS[0], {})], "negative": [(TEXTS[1], {})]}, {"cfg": cfg})
    recipe = Recipe(guider, Sampler("euler"), Steps("normal", steps), Noise(3), 3)
    start = {"samples": torch.zeros(1, 4, size, size), **latent}
    with equipped(registry, guider) as network:
        return sampling.sample(network, recipe, start, lambda *_: None).output["samples"]


def handle_of(registry: ModelRegistry, path: Path) -> ModelHandle:
    """The tiny model, written to `path` if it is not there."""
    if not path.exists():
        tiny.write_file(path, tiny.build(seed=1))
    return registry.checkpoint(path).model
