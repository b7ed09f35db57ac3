"""Diffusion networks for tests of sampling: random, exact, and ones that only repeat what their text says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from nodes.diffusion.types import (
    Conditioning,
    DiffusionModel,
    Guider,
    Latent,
    LatentFormat,
    ModelHandle,
    ModelSource,
    Prediction,
    Start,
)

WIDTH = 16
"""Of the texts."""
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
"""The training noise of Stable Diffusion 1.x, 2.x and XL."""
HANDLE = ModelHandle(ModelSource(Path("tiny"), "model", "sd1"))


@dataclass
class UnetNetwork:
    """A small UNet; counts its calls and the rows of their batches."""

    unet: UNet2DConditionModel
    prediction: Prediction = "epsilon"
    latent_format: LatentFormat = field(default_factory=LatentFormat)
    betas: Tensor = field(default_factory=lambda: BETAS)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    sampling: Mapping[str, Any] = field(default_factory=dict)
    context_width: int = WIDTH
    rows: list[int] = field(default_factory=list)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        return {}

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        self.rows.append(len(x))
        return self.unet(x, timestep, context, return_dict=False)[0]


def unet_network(seed: int = 0, **changes: Any) -> UnetNetwork:
    """A random UNet whose output follows the text and the timestep clearly."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(
            sample_size=8,
            in_channels=4,
            out_channels=4,
            layers_per_block=1,
            block_out_channels=(16, 32),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            cross_attention_dim=WIDTH,
            attention_head_dim=4,
            norm_num_groups=8,
        )
    return UnetNetwork(unet.eval().requires_grad_(False), **changes)


@dataclass
class EchoNetwork:
    """Predicts, as the clean latent, the mean of its text everywhere, whatever it is shown; remembers its calls."""

    prediction: Prediction = "sample"
    latent_format: LatentFormat = field(default_factory=lambda: LatentFormat(scale=1.0))
    betas: Tensor = field(default_factory=lambda: BETAS)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    sampling: Mapping[str, Any] = field(default_factory=dict)
    context_width: int = WIDTH
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    extras: list[Mapping[str, Any]] = field(default_factory=list)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        told = {name: options[name] for name in ("pooled_output", "overlay") if name in options}
        return told | ({"guidance": torch.tensor([options["guidance"]])} if "guidance" in options else {})

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        self.shapes.append(tuple(x.shape))
        self.extras.append(extra)
        return context.mean((1, 2))[:, None, None, None].expand_as(x)


@dataclass(frozen=True)
class Provider:
    """Gives one network for every handle."""

    network: DiffusionModel

    @contextmanager
    def use_model(self, handle: ModelHandle) -> Iterator[DiffusionModel]:
        yield self.network


def text(seed: int = 1, tokens: int = 7, **options: Any) -> Conditioning:
    """A random text."""
    return [(torch.randn(1, tokens, WIDTH, generator=torch.Generator().manual_seed(seed)), options)]


def word(value: float, tokens: int = 2, **options: Any) -> Conditioning:
    """A text that an `EchoNetwork` reads as `value`."""
    return [(torch.full((1, tokens, WIDTH), value), options)]


def cfg_guider(positive: Conditioning, negative: Conditioning, cfg: float = 5.0, **options: Any) -> Guider:
    """Classifier-free guidance, with options of the model."""
    conditionings = {"positive": positive, "negative": negative}
    return Guider(HANDLE.with_options(**options), "cfg", conditionings, {"cfg": cfg})


def latent(batch: int = 1, height: int = 8, width: int = 8, seed: int | None = None, **parts: Any) -> Latent:
    """An empty latent, or a random one where there is a seed."""
    shape = (batch, 4, height, width)
    if seed is None:
        return Latent(samples=torch.zeros(shape), **parts)
    return Latent(samples=torch.randn(shape, generator=torch.Generator().manual_seed(seed)), **parts)
