"""What a graph of nodes needs: folders, a registry of models, a context; and the usual chain of nodes as one call."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graph.context import Context
from graph.folders import Folders
from nodes.conditioning.text_encoding import encode_prompt
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import Conditioning, Latent
from nodes.latents.autoencoding import decode_latent
from nodes.latents.editing import empty_latent_image
from nodes.sampling.denoising import ksampler


class House:
    """A worker's services over a temporary folder of models."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "models"
        self.folders = Folders(data=folder / "data", models=[self.folder])
        self.models = ModelRegistry("cpu", budget_bytes=1 << 30, precision="fp32")
        self.files: dict[str, Any] = {"models": self.models, "folders": self.folders}

    def text(self, clip: Any, text: str) -> Conditioning:
        """A prompt, encoded."""
        return encode_prompt(text, clip, **self.files)

    def sample(
        self, model: Any, positive: Conditioning, negative: Conditioning, latent: Any = None, **inputs: Any
    ) -> Any:
        """Two steps of the plain sampler."""
        start: Latent = latent or empty_latent_image(64, 64, 1)
        wanted = {"seed": 1, "steps": 2, "cfg": 4.0, "sampler_name": "euler", "scheduler": "normal", **inputs}
        return ksampler(
            model, positive=positive, negative=negative, latent_image=start, ctx=Context(), models=self.models, **wanted
        )

    def decode(self, latent: Latent, vae: Any) -> Tensor:
        """The pictures of a latent."""
        return decode_latent(latent, vae, models=self.models)

    def picture(self, parts: Any, **inputs: Any) -> Tensor:
        """From the parts of a checkpoint to a picture of a cat."""
        texts = self.text(parts[1], "a photo of a (cat:1.2)"), self.text(parts[1], "")
        return self.decode(self.sample(parts[0], *texts, **inputs), parts[2])


def is_picture(images: Tensor, height: int = 64, width: int = 64) -> bool:
    """Whether these are finite pictures of a size with something on them."""
    in_range = bool(images.isfinite().all()) and 0 <= float(images.min()) <= float(images.max()) <= 1
    return images.shape[1:] == (height, width, 3) and in_range and float(images.std()) > 0


def plain_image(value: float = 0.5, height: int = 64, width: int = 64) -> Tensor:
    """A picture of one colour."""
    return torch.full((1, height, width, 3), value)
