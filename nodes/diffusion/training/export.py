"""Writes a trained model as a diffusers folder in half precision, which every loader of Stable Diffusion 1.x reads."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from diffusers import AutoencoderKL
from diffusers.models.attention_processor import AttnProcessor2_0
from transformers import CLIPTokenizer

from nodes.diffusion.training.architecture import Denoiser, build_scheduler
from nodes.diffusion.training.objective import Objective

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
"""`model_index.json`: which class reads which folder."""


def export_model(
    denoiser: Denoiser, autoencoder: Path, tokenizer: CLIPTokenizer, objective: Objective, folder: Path
) -> None:
    """Write the whole model beside `folder`, then swap it in; other files of the folder (the model card) are kept."""
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    denoiser.unet.set_attn_processor(AttnProcessor2_0())
    denoiser.unet.half().save_pretrained(unfinished / "unet")
    denoiser.text_encoder.half().save_pretrained(unfinished / "text_encoder")
    _write_autoencoder(autoencoder, unfinished / "vae")
    build_scheduler(objective).save_pretrained(unfinished / "scheduler")
    shutil.copytree(tokenizer.name_or_path, unfinished / "tokenizer")
    _forget_origins(unfinished)
    (unfinished / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n", encoding="utf-8")
    _swap(unfinished, folder)


def folder_size(folder: Path, counts: Callable[[Path], bool] = Path.is_file) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if counts(path))


def _write_autoencoder(source: Path, folder: Path) -> None:
    """Halve the autoencoder's precision and keep its map from latents to colours."""
    AutoencoderKL.from_pretrained(source, local_files_only=True).half().save_pretrained(folder)
    shutil.copy(source / "latent_rgb.json", folder)


def _forget_origins(folder: Path) -> None:
    """Take out of each configuration the folder it was loaded from, which means nothing on another machine."""
    for path in folder.rglob("config.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        if config.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _swap(finished: Path, folder: Path) -> None:
    """Replace the parts of `folder` that were written anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in finished.iterdir():
        old = folder / part.name
        if old.is_dir():
            discarded = old.with_name(f"{old.name}.old")
            shutil.rmtree(discarded, ignore_errors=True)
            old.rename(discarded)
            part.rename(old)
            shutil.rmtree(discarded)
        else:
            part.replace(old)
    finished.rmdir()
