"""What tests of training share: the embedded model, eight pictures in one style, and a score of the style."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graph.context import Context
from graph.folders import Folders
from nodes.conditioning.text_encoding import encode_prompt
from nodes.datasets.training_sets import load_image_text_data_set_from_folder, make_training_dataset
from nodes.diffusion.files.picture_files import encode_png
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.training.scenes import render
from nodes.latents.autoencoding import decode_latent
from nodes.latents.editing import empty_latent_image
from nodes.models.loaders import load_checkpoint
from nodes.sampling.denoising import ksampler
from nodes.training import lora_training

ROOT = Path(__file__).parents[2]
PROMPT = "a small house on green hills"


@dataclass
class Bench:
    """The embedded model over a data folder with eight pictures in magenta, and what trains it."""

    folders: Folders
    models: ModelRegistry
    parts: Any
    data: Any

    def train(self, ctx: Context | None = None, **inputs: Any) -> lora_training.Training:
        """A training on the eight pictures."""
        wanted = {
            "batch_size": 2,
            "grad_accumulation_steps": 1,
            "steps": 40,
            "learning_rate": 0.004,
            "rank": 8,
            "optimizer": "AdamW",
            "loss_function": "MSE",
            "seed": 3,
            "training_dtype": "none",
            "lora_dtype": "fp32",
            "quantized_backward": False,
            "algorithm": "LoRA",
            "gradient_checkpointing": False,
            "checkpoint_depth": 1,
            "offloading": False,
            "existing_lora": lora_training.NO_LORA,
            "bucket_mode": False,
            "bypass_mode": False,
            "alpha": 8.0,
            "min_snr_gamma": 5.0,
        } | inputs
        return lora_training.train_lora_node(
            [self.parts.MODEL],
            list(self.data.latents),
            list(self.data.conditioning),
            **{key: [value] for key, value in wanted.items()},
            ctx=ctx or Context(),
            models=self.models,
            folders=self.folders,
        )

    @cached_property
    def plain(self) -> Tensor:
        """What the model draws as it is."""
        return self.draw(self.parts.MODEL)

    def draw(self, model: Any, seed: int = 5, positive: Any = None) -> Tensor:
        """A picture by a model; of a house, unless a conditioning says otherwise."""
        sampled = ksampler(
            model,
            seed=seed,
            steps=6,
            cfg=4.0,
            sampler_name="euler",
            scheduler="normal",
            positive=positive or encode_prompt(PROMPT, self.parts.CLIP, **self.services),
            negative=encode_prompt("", self.parts.CLIP, **self.services),
            latent_image=empty_latent_image(128, 128, 1),
            ctx=Context(),
            models=self.models,
        )
        return decode_latent(sampled, self.parts.VAE, models=self.models)

    def with_lora(self, lora: Any, strength: float) -> Any:
        """The model with what was trained."""
        return lora_training.load_lora_model(self.parts.MODEL, lora, strength, **self.services).model

    @property
    def services(self) -> dict[str, Any]:
        """What nodes ask of the house."""
        return {"models": self.models, "folders": self.folders}


def build_bench(data: Path) -> Bench:
    """A bench over an empty data folder."""
    folders = Folders(data=data, models=[ROOT / "models"])
    models = ModelRegistry("cpu", budget_bytes=1 << 30, precision="fp32")
    parts = load_checkpoint("latentloom-tiny", models=models, folders=folders)
    write_pictures(data / "input" / "magenta")
    loaded = load_image_text_data_set_from_folder("magenta", folders=folders)
    made = make_training_dataset(
        list(loaded.images),
        [parts.VAE],
        [parts.CLIP],
        list(loaded.texts),
        ctx=Context(),
        models=models,
        folders=folders,
    )
    return Bench(folders, models, parts, made)


def write_pictures(folder: Path) -> None:
    """Eight drawn pictures in shades of magenta, with captions."""
    folder.mkdir(parents=True)
    for number, family in enumerate(("house", "hills", "house", "castle", "hills", "house", "forest", "mountains")):
        scene = render(900 + number, 128, 128, family=family, styled=False)
        grey = torch.from_numpy(np.asarray(scene.image.convert("L"), np.float32) / 255)
        colours = torch.stack([0.25 + 0.75 * grey, 0.7 * grey**2, 0.3 + 0.6 * grey], -1)
        (folder / f"{number}.png").write_bytes(encode_png(colours, {}))
        (folder / f"{number}.txt").write_text(scene.caption)


def magenta(picture: Tensor) -> float:
    """By how much red and blue exceed green, on average."""
    red, green, blue = picture[..., :3].mean((0, 1, 2)).tolist()
    return (red + blue) / 2 - green
