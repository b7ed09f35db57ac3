"""A house with a tiny model of the kind Wan in it, and pictures and what CLIP sees in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler
from torch import Tensor

from nodes.conditioning.clip_vision import encode_clip_vision, load_clip_vision
from nodes.diffusion.types import Conditioning, Start
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from tests.nodes.diffusion import originals, wan_originals
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.house import House

NAME = "x.safetensors"
SIZES: dict[str, Any] = {"width": 64, "height": 64, "length": 9, "batch_size": 1}


def pictures(count: int = 1, seed: int = 5) -> Tensor:
    """Noise as pictures (count, 64, 64, 3)."""
    return torch.rand(count, 64, 64, 3, generator=torch.Generator().manual_seed(seed))


@dataclass(frozen=True)
class WanHouse:
    """The handles of one model, and what tests ask of it."""

    house: House
    model: Any
    clip: Any
    vae: Any

    @classmethod
    def furnished(cls, folder: Path, kind: str) -> "WanHouse":
        """With the files of a kind, as `wan_originals` calls it."""
        house = House(folder)
        wan_originals.wan(kind).write(house.folder)
        originals.write_t5_vocabulary(house.folder / "tokenizers" / "umt5")
        adapters.write(house.folder / "clip_vision" / "c.safetensors", adapters.vision().state_dict())
        parts = load_diffusion_model(NAME, "default", **house.files), load_clip(NAME, "wan", **house.files)
        return cls(house, *parts, load_vae(NAME, **house.files))

    @property
    def texts(self) -> tuple[Conditioning, Conditioning]:
        """A prompt and an empty one."""
        return self.house.text(self.clip, "a cat"), self.house.text(self.clip, "")

    def begun(self, node: Any, **inputs: Any) -> Any:
        """What a node makes of the texts."""
        return node(*self.texts, self.vae, **{**SIZES, **inputs}, models=self.house.models)

    def sampled(self, positive: Conditioning, negative: Conditioning, latent: Any, **inputs: Any) -> Tensor:
        """Two steps."""
        found: Tensor = self.house.sample(self.model, positive, negative, latent, **inputs)["samples"]
        return found

    def seen(self, image: Tensor) -> Any:
        """What CLIP sees in a picture."""
        vision = load_clip_vision("c.safetensors", folders=self.house.folders)
        return encode_clip_vision(vision, image, "none", models=self.house.models)

    def told(self, conditioning: Conditioning, latent: Tensor) -> dict[str, Tensor]:
        """What the model is told of a conditioning."""
        with self.house.models.use_model(self.model) as model:
            return dict(model.inputs(conditioning[0][1], "positive", Start(latent)))

    def predicted(self, conditioning: Conditioning, x: Tensor, timestep: float = 500.0) -> Tensor:
        """One prediction."""
        told = self.told(conditioning, torch.zeros_like(x))
        with self.house.models.use_model(self.model) as model:
            return model.predict(x, torch.tensor([timestep]), conditioning[0][0], told)

    def pipeline(self, kind: Any, **settings: Any) -> Any:
        """A pipeline of diffusers around the same networks, with the autoencoder's statistics in its configuration."""
        with self.house.models.use_model(self.model) as model, self.house.models.use_vae(self.vae) as autoencoder:
            vae: AutoencoderKLWan = autoencoder.network
            statistics = model.latent_format
            vae.register_to_config(latents_mean=list(statistics.means), latents_std=list(statistics.deviations))
            parts = {"tokenizer": None, "text_encoder": None, "vae": vae, "transformer": model.network}
            pipeline = kind(**parts, scheduler=FlowMatchEulerDiscreteScheduler(shift=8.0), **settings)
            pipeline.set_progress_bar_config(disable=True)
            return pipeline


def as_pixels(images: Tensor) -> Tensor:
    """Pictures as pipelines prepare them: (frames, 3, height, width) in -1..1."""
    return images.movedim(-1, 1) * 2 - 1
