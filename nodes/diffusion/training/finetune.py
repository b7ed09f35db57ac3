"""Trains all weights of a UNet further, on pictures of one's own, and writes a new model folder.

    python -m nodes.diffusion.training.finetune data/input/mine models/checkpoints/mine

The pictures stand in a folder, each with a text file of the same name that says what it shows. The model is a diffusers
folder; the embedded one unless told otherwise. A checkpoint is written every minute, and when the process is told to
end; the same command goes on from it. See docs/fine-tuning.md.
"""

import argparse
import logging
import random
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from nodes.diffusion import autoencoding
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.models import Checkpoint, ModelRegistry
from nodes.diffusion.pictures.picture_sets import read_set
from nodes.diffusion.training.finetuning.buckets import to_bucket
from nodes.diffusion.training.finetuning.loop import LoopSettings, Progress, train
from nodes.diffusion.training.finetuning.network import trainable
from nodes.diffusion.training.finetuning.objective import Objective, ObjectiveSettings, seed_of
from nodes.diffusion.training.finetuning.samples import Draws, Sample

logger = logging.getLogger(__name__)

EMBEDDED = Path("models/checkpoints/latentloom-tiny")
WEIGHTS = "diffusion_pytorch_model.safetensors"


@dataclass(frozen=True)
class FinetuneSettings:
    """How all weights of a UNet are trained further, beside the loop."""

    side: int = 128
    """No picture has more pixels than a square of this side."""
    multiple: int = 16
    """What sides are multiples of."""
    batch: int = 4
    seed: int = 0
    dropped: float = 0.1
    """The share of texts that are replaced by none, so that guidance keeps its meaning (Ho and Salimans, 2022)."""
    min_snr_gamma: float = 5.0


def finetune(model: Path, pictures: Path, target: Path, settings: FinetuneSettings, loop: LoopSettings) -> list[float]:
    """Train the UNet of a model folder further and write a new folder; the losses of all steps are returned.

    Args:
        model: a diffusers folder; it stays as it is.
        pictures: a folder of pictures with text files.
        target: where the new model goes.
        settings: sizes, batches and objective.
        loop: how long and how fast, and where the checkpoint is.

    Raises:
        UnsupportedModel: the model is no diffusers folder, or has no UNet that can be trained.
        PictureFileError: there are no pictures, or one cannot be read.
    """
    if not (model / "unet" / WEIGHTS).is_file():
        raise UnsupportedModel(f"{model} is no diffusers folder with a UNet: {model / 'unet' / WEIGHTS} is missing.")
    models = ModelRegistry(precision="fp32")
    parts = models.checkpoint(model)
    samples, nothing = _encoded(models, parts, pictures, settings)
    with models.use_model(parts.model) as loaded, torch.enable_grad():
        unet = trainable(loaded, model.name, owns_weights=True)
        unet.network.requires_grad_(True)
        objective = Objective(unet, parts.model.options, ObjectiveSettings(min_snr_gamma=settings.min_snr_gamma))
        loss_at = _loss(objective, Draws(samples, settings.batch, settings.seed), nothing, settings)
        losses = train(dict(unet.network.named_parameters()), loss_at, loop, _log)
    with safe_open(model / "unet" / WEIGHTS, "pt") as file:
        dtype = file.get_tensor(next(iter(file.keys()))).dtype
    shutil.copytree(model, target, dirs_exist_ok=True)
    unet.network.to(dtype).save_pretrained(target / "unet")
    return losses


def main(arguments: Sequence[str] | None = None) -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="a folder of pictures with text files")
    parser.add_argument("target", type=Path, help="where the new model goes")
    parser.add_argument("--model", type=Path, default=EMBEDDED, help="a diffusers folder")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--accumulation", type=int, default=1, help="how many batches make a step")
    parser.add_argument("--side", type=int, default=128, help="as many pixels as a square of this side, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="where the state is kept; beside the new model otherwise")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an ordinary end, so that the state is saved
    checkpoint = options.checkpoint or options.target.with_name(f"{options.target.name}.training.safetensors")
    loop = LoopSettings(
        options.steps, options.accumulation, options.learning_rate, checkpoint=checkpoint, checkpoint_seconds=60
    )
    settings = FinetuneSettings(options.side, batch=options.batch, seed=options.seed)
    finetune(options.model, options.pictures, options.target, settings, loop)
    checkpoint.unlink(missing_ok=True)
    logger.info("wrote %s", options.target)


def _encoded(
    models: ModelRegistry, parts: Checkpoint, pictures: Path, settings: FinetuneSettings
) -> tuple[list[Sample], Tensor]:
    """Pictures and texts, encoded once, and the text without words (1, tokens, width)."""
    if parts.clip is None or parts.vae is None:
        raise UnsupportedModel(f"{parts.model.source.path} lacks its text encoder or its autoencoder.")
    found = read_set(pictures)
    with models.use_clip(parts.clip) as encoder:
        texts = {text: encoder.encode(text) for text in {"", *(each.text for each in found)}}
    samples = []
    with models.use_vae(parts.vae) as autoencoder:
        for each in found:
            image = to_bucket(each.image[..., :3], settings.side, settings.multiple)
            latent = autoencoding.encode(autoencoder, image).clone()
            text = texts[each.text]
            samples.append(Sample(latent, text.hidden.clone(), {"pooled_output": text.pooled}))
    return samples, texts[""].hidden.clone()


def _loss(objective: Objective, draws: Draws, nothing: Tensor, settings: FinetuneSettings) -> Callable[[int], Tensor]:
    """The loss of a draw, some of whose texts are dropped."""

    def loss_at(draw: int) -> Tensor:
        choice = random.Random(f"{settings.seed}/dropped/{draw}")
        chosen = draws.at(draw)
        is_alike = nothing.shape == chosen[0].context.shape
        dropped = [is_alike and choice.random() < settings.dropped for _ in chosen]
        texts = [nothing if drop else each.context for drop, each in zip(dropped, chosen, strict=True)]
        return objective.loss(chosen, seed_of(settings.seed, draw), torch.cat(texts))

    return loss_at


def _log(progress: Progress) -> None:
    """Log the mean loss of each twenty steps."""
    done = len(progress.losses)
    if done % 20 == 0:
        logger.info("step %d of %d, loss %.4f", done, progress.steps, sum(progress.losses[-20:]) / 20)


if __name__ == "__main__":
    main()
