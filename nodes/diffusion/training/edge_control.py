"""Trains the ControlNet that goes with the embedded model: from the edges of a picture to a picture with these edges.

    python -m nodes.diffusion.training.embedded adopt        # once: the pictures and latents that it is trained on
    python -m nodes.diffusion.training.embedded render
    python -m nodes.diffusion.training.embedded encode
    python -m nodes.diffusion.training.edge_control train    # about an hour of one core
    python -m nodes.diffusion.training.edge_control export   # write models/controlnet/latentloom-tiny-edges.safetensors
    python -m nodes.diffusion.training.edge_control score    # how well pictures keep to their edges

The network is a ControlNet (Zhang et al., 2023, "Adding Conditional Control to Text-to-Image Diffusion Models"): a copy
of the first half of the UNet that also sees a picture and adds what it finds, through layers that begin at zero, to
the UNet, which stays as it is. A checkpoint is written every minute and when the process is told to end; the same
command goes on from it.
"""

import argparse
import logging
import random
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import ControlNetModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTokenizer

from nodes.diffusion.pictures.edges import canny
from nodes.diffusion.training import denoising, latents, pictures
from nodes.diffusion.training.architecture import Denoiser, build_control, load_denoiser
from nodes.diffusion.training.edge_agreement import report
from nodes.diffusion.training.latents import BatchSettings, LatentSet
from nodes.diffusion.training.loop import LoopSettings, Schedule, StepReport, TrainingState, train
from nodes.diffusion.training.optimiser import MuonAdam, Rates
from nodes.diffusion.training.recipe import EMBEDDED, VALIDATION_COUNT
from nodes.diffusion.training.vocabulary import load_tokenizer

logger = logging.getLogger(__name__)

MODEL = Path("models/checkpoints/latentloom-tiny")
TARGET = Path("models/controlnet/latentloom-tiny-edges.safetensors")
CHECKPOINT = "edge_control.safetensors"


@dataclass(frozen=True)
class EdgeRecipe:
    """The numbers of the training."""

    batches: BatchSettings = field(default_factory=lambda: BatchSettings(size=16, drop=0.3, seed=11))
    shares: tuple[tuple[str, float], ...] = (("figures", 0.35), ("wide", 0.03), ("tall", 0.03), ("large", 0.06))
    """How often each set is drawn; the square pictures get the rest."""
    rates: Rates = field(default_factory=lambda: Rates(adam=1e-3, muon=0.01))
    low: tuple[float, float] = (0.1, 0.5)
    """Between which the lower threshold of the edges is drawn, so that faint and bold edges are both understood."""
    gap: tuple[float, float] = (0.1, 0.5)
    """Between which the distance from the lower to the upper threshold is drawn."""


@dataclass(frozen=True)
class EdgeSet:
    """Latents with captions, and the pictures (count, height, width, 3) that they were made of."""

    encoded: LatentSet
    pixels: np.ndarray


def read_sets(folder: Path, names: Sequence[str], skip: int = VALIDATION_COUNT) -> list[EdgeSet]:
    """What `embedded render` and `embedded encode` made; of the first set, `skip` pictures are left out."""
    found = []
    for number, name in enumerate(names):
        first = 0 if number else skip
        _, encoded = latents.split(latents.read_latents(name, folder / "latents"), first)
        found.append(EdgeSet(encoded, pictures.read_pictures(name, folder / "pictures").pixels[first:]))
    return found


def draw_edges(pixels: np.ndarray, recipe: EdgeRecipe, step: int) -> Tensor:
    """The edges (batch, 3, height, width) of pictures (batch, height, width, 3), at thresholds drawn for the step."""
    choice = random.Random(f"edges/{step}")
    low = choice.uniform(*recipe.low)
    high = low + choice.uniform(*recipe.gap)
    return canny(torch.from_numpy(np.array(pixels)).float() / 255, low, high).movedim(-1, 1)


def denoising_settings(recipe: EdgeRecipe) -> denoising.DenoisingSettings:
    """The objective and the noise of the embedded model's own training, with the batches of this one."""
    own = EMBEDDED.denoising
    return denoising.DenoisingSettings(own.objective, recipe.batches, dict(recipe.shares), offset=own.offset)


def steered(denoiser: Denoiser, control: ControlNetModel, hint: Tensor) -> denoising.Predict:
    """The denoiser as it predicts when a ControlNet looks at `hint`; only the ControlNet is given gradients."""

    def predict(tokens: Tensor, xt: Tensor, timesteps: Tensor) -> Tensor:
        with torch.no_grad():
            hidden = denoiser.text_encoder(tokens).last_hidden_state
        down, middle = control(xt, timesteps, hidden, hint, return_dict=False)
        return denoiser.unet(
            xt,
            timesteps,
            hidden,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
        ).sample

    return predict


def control_loss(
    denoiser: Denoiser, control: ControlNetModel, tokenizer: CLIPTokenizer, sets: Sequence[EdgeSet], recipe: EdgeRecipe
) -> Callable[[int], Tensor]:
    """The loss of the embedded model's own training, steered by edges, as a function of the step alone."""
    by_name = {some.encoded.name: some for some in sets}
    encoded = [some.encoded for some in sets]
    settings = denoising_settings(recipe)

    def loss_at(step: int) -> Tensor:
        batch = denoising.draw(encoded, settings, step)
        pixels = by_name[batch.source].pixels[list(batch.numbers)]
        hint = draw_edges(pixels, recipe, step).contiguous(memory_format=torch.channels_last)
        return denoising.loss_of(steered(denoiser, control, hint), tokenizer, batch, settings, step)

    return loss_at


def export_control(control: ControlNetModel, target: Path) -> None:
    """Write a ControlNet in half precision, in the layout of diffusers."""
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: each.detach().half().contiguous() for name, each in control.state_dict().items()}, target)


def control_state(control: ControlNetModel, recipe: EdgeRecipe) -> TrainingState:
    """A ControlNet at step 0; its outermost layers, which begin at zero or see pixels, move by AdamW."""
    parameters = dict(control.named_parameters())
    outer = ("conv_in", "controlnet_")
    return TrainingState(
        parameters, MuonAdam(parameters, recipe.rates, {name for name in parameters if name.startswith(outer)})
    )


def train_control(options: argparse.Namespace, recipe: EdgeRecipe) -> None:
    """Train from the beginning, or from the checkpoint."""
    torch.manual_seed(0)
    denoiser = load_denoiser(options.model)
    for part in (denoiser.unet, denoiser.text_encoder):
        part.requires_grad_(False).eval()
    tokenizer = load_tokenizer(options.model / "tokenizer")
    control = build_control(denoiser.unet).requires_grad_(True)
    state = control_state(control, recipe)
    checkpoint = options.folder / CHECKPOINT
    if checkpoint.exists():
        state.load(checkpoint)
    sets = read_sets(options.folder, ["square", *(name for name, _ in recipe.shares)])
    schedule = Schedule(options.steps, warmup_steps=100, decay_from=options.decay_from)
    loop = LoopSettings(schedule, average_decay=0.998, checkpoint=checkpoint, checkpoint_seconds=60)
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    loss_at = control_loss(denoiser, control, tokenizer, sets, recipe)
    train(state, loss_at, loop, on_step=_Log(), is_cancelled=asked.is_set)


def main(arguments: list[str] | None = None) -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["train", "export", "score"])
    parser.add_argument("--folder", type=Path, default=Path("data/embedded"), help="where pictures and checkpoints are")
    parser.add_argument("--model", type=Path, default=MODEL, help="the model that is steered")
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--steps", type=int, default=4800)
    parser.add_argument("--decay-from", type=int, default=2000, help="lower the learning rate from this step on")
    parser.add_argument("--pictures", type=int, default=40, help="score: how many of each kind")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    recipe = EdgeRecipe()
    match options.stage:
        case "train":
            train_control(options, recipe)
        case "export":
            control = build_control(load_denoiser(options.model).unet)
            state = control_state(control, recipe)
            state.load(options.folder / CHECKPOINT)
            state.use_average()
            export_control(control, options.target)
            logger.info("exported step %d to %s", state.step, options.target)
        case "score":
            for line in report(options.model, options.target, options.pictures):
                logger.info(line)


class _Log:
    """Logs the mean loss of each fifty steps."""

    def __init__(self) -> None:
        self._recent: list[float] = []

    def __call__(self, step: StepReport) -> None:
        self._recent.append(step.loss)
        if step.step % 50 == 0:
            mean = float(np.mean(self._recent))
            logger.info("step %d of %d, loss %.4f, %.2f s", step.step, step.steps, mean, step.seconds)
            self._recent.clear()


if __name__ == "__main__":
    main()
