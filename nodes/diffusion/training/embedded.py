"""Trains the embedded model, one command per stage.

    python -m nodes.diffusion.training.embedded render      # draw the pictures, about 1 minute on 2 cores
    python -m nodes.diffusion.training.embedded vae         # train the autoencoder, about 25 minutes
    python -m nodes.diffusion.training.embedded encode      # turn pictures into latents, about 5 minutes
    python -m nodes.diffusion.training.embedded text        # pre-train the text encoder, about 2 minutes
    python -m nodes.diffusion.training.embedded diffusion   # train text encoder and UNet, about 3 hours
    python -m nodes.diffusion.training.embedded polish      # train the decoder a little more
    python -m nodes.diffusion.training.embedded export      # write models/checkpoints/latentloom-tiny
    python -m nodes.diffusion.training.embedded score       # measure how well it follows prompts

To train the shipped model further, begin with these instead:

    python -m nodes.diffusion.training.embedded adopt       # take autoencoder, vocabulary and weights from the model
    python -m nodes.diffusion.training.embedded render
    python -m nodes.diffusion.training.embedded encode
    python -m nodes.diffusion.training.embedded diffusion

Stages keep their results in `--folder`. `vae`, `diffusion` and `polish` write a checkpoint every five minutes; run the
same command again to go on after an interruption.
"""

import argparse
import json
import logging
import shutil
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from nodes.diffusion.training import (
    autoencoding,
    dataset,
    denoising,
    evaluation,
    latents,
    pictures,
    text_pretraining,
    vocabulary,
)
from nodes.diffusion.training.architecture import Denoiser, build_autoencoder, build_denoiser, load_denoiser
from nodes.diffusion.training.export import export_model
from nodes.diffusion.training.loop import LoopSettings, StepReport, TrainingState, train
from nodes.diffusion.training.optimiser import MuonAdam, Rates
from nodes.diffusion.training.recipe import EMBEDDED, VALIDATION_COUNT, Recipe

logger = logging.getLogger(__name__)

MODEL_FOLDER = Path("models/checkpoints/latentloom-tiny")


def render_pictures(folder: Path, recipe: Recipe, threads: int) -> None:
    """Draw all training pictures."""
    with ProcessPoolExecutor(threads) as workers:
        for part in recipe.pictures:
            logger.info("%s: %d pictures", part.name, dataset.write_pictures(part, folder / "pictures", workers))


def train_autoencoder(folder: Path, recipe: Recipe) -> None:
    """Train the autoencoder on the square pictures."""
    torch.manual_seed(recipe.autoencoding.seed)
    drawn = pictures.read_pictures("square", folder / "pictures")
    autoencoder = build_autoencoder(recipe.autoencoder).train()
    parameters = dict(autoencoder.named_parameters())
    state = TrainingState(parameters, MuonAdam(parameters, recipe.autoencoder_rates))
    checkpoint = folder / "vae.safetensors"
    if checkpoint.exists():
        state.load(checkpoint)
    loss_at = autoencoding.autoencoding_loss(autoencoder, drawn.pixels[VALIDATION_COUNT:], recipe.autoencoding)
    settings = LoopSettings(recipe.autoencoder_schedule, average_decay=0.995, checkpoint=checkpoint)
    train(state, loss_at, settings, on_step=_log_step)
    state.use_average()
    autoencoder.save_pretrained(folder / "vae")
    logger.info("PSNR %.2f dB", autoencoding.peak_signal_to_noise(autoencoder.eval(), drawn.pixels[:64]))


def polish_decoder(folder: Path, steps: int) -> None:
    """Train the decoder a little more with the encoder fixed, so that latents keep their meaning."""
    drawn = pictures.read_pictures("square", folder / "pictures")
    autoencoder = AutoencoderKL.from_pretrained(folder / "vae").to(memory_format=torch.channels_last).train()
    before = autoencoding.peak_signal_to_noise(autoencoder, drawn.pixels[:64])
    named = autoencoder.named_parameters()
    parameters = {name: p for name, p in named if name.startswith(("decoder", "post_quant_conv"))}
    state = TrainingState(parameters, MuonAdam(parameters, Rates(adam=5e-4, muon=0.003)))
    checkpoint = folder / "polish.safetensors"
    if checkpoint.exists():
        state.load(checkpoint)
    settings = replace(EMBEDDED.autoencoding, seed=2)
    loss_at = autoencoding.decoding_loss(autoencoder, drawn.pixels[VALIDATION_COUNT:], settings)
    schedule = replace(EMBEDDED.autoencoder_schedule, steps=steps, decay_from=0)
    train(state, loss_at, LoopSettings(schedule, average_decay=0.995, checkpoint=checkpoint), on_step=_log_step)
    state.use_average()
    autoencoder.save_pretrained(folder / "vae")
    after = autoencoding.peak_signal_to_noise(autoencoder.eval(), drawn.pixels[:64])
    logger.info("PSNR %.2f dB, was %.2f dB", after, before)


def encode_pictures(folder: Path, recipe: Recipe) -> None:
    """Encode all pictures, scale latents to unit variance, learn the vocabulary, fit the map for previews.

    What an adopted model brought along, scale, vocabulary and map, is kept.
    """
    autoencoder = AutoencoderKL.from_pretrained(folder / "vae").to(memory_format=torch.channels_last).eval()
    drawn = {part.name: pictures.read_pictures(part.name, folder / "pictures") for part in recipe.pictures}
    encoded = {name: latents.encode(autoencoder, some.pixels) for name, some in drawn.items()}
    is_adopted = (folder / "vae" / "latent_rgb.json").exists()
    scaling = autoencoder.config.scaling_factor if is_adopted else round(1 / encoded["square"].std().item(), 5)
    for name, some in drawn.items():
        latents.write_latents(encoded[name] * scaling, some.captions, name, folder / "latents")
    if is_adopted:
        return
    autoencoder.register_to_config(scaling_factor=scaling)
    autoencoder.save_config(folder / "vae")
    colours = latents.fit_rgb(encoded["square"] * scaling, drawn["square"])
    (folder / "vae" / "latent_rgb.json").write_text(json.dumps(colours, indent=2) + "\n", encoding="utf-8")
    captions = [caption for some in drawn.values() for caption in some.captions]
    vocabulary.write_tokenizer(captions, folder / "tokenizer")
    logger.info("scaling factor %s", scaling)


def adopt_model(folder: Path, recipe: Recipe, model: Path) -> None:
    """Begin a working folder with the parts of an exported model, at step 0 with an empty optimiser."""
    AutoencoderKL.from_pretrained(model / "vae", local_files_only=True).float().save_pretrained(folder / "vae")
    shutil.copy(model / "vae" / "latent_rgb.json", folder / "vae")
    shutil.copytree(model / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)
    _denoiser_state(load_denoiser(model), recipe).save(folder / "denoiser.safetensors")


def pretrain_text(folder: Path, recipe: Recipe) -> None:
    """Pre-train the text encoder, so that the denoiser has something to listen to from its first step."""
    torch.manual_seed(recipe.seed)
    tokenizer = vocabulary.load_tokenizer(folder / "tokenizer")
    _, square = latents.split(latents.read_latents("square", folder / "latents"), VALIDATION_COUNT)
    sets = [square, latents.read_latents("figures", folder / "latents")]
    text_encoder = build_denoiser(recipe.denoiser, tokenizer).text_encoder
    head = text_pretraining.guess_head(text_encoder)
    parameters = {f"text_encoder.{name}": p for name, p in text_encoder.named_parameters()}
    parameters |= {f"head.{name}": p for name, p in head.named_parameters()}
    adam_only = {name for name in parameters if "embedding.weight" in name or name.startswith("head")}
    state = TrainingState(parameters, MuonAdam(parameters, recipe.text_rates, adam_only))
    loss_at = text_pretraining.guessing_loss(text_encoder, head, tokenizer, sets, recipe.text_batches)
    train(state, loss_at, replace(recipe.text_loop, checkpoint=folder / "text.safetensors"), on_step=_log_step)


def train_denoiser(folder: Path, recipe: Recipe) -> None:
    """Train text encoder and UNet together."""
    torch.manual_seed(recipe.seed)
    tokenizer = vocabulary.load_tokenizer(folder / "tokenizer")
    sets = [latents.read_latents(part.name, folder / "latents") for part in recipe.pictures]
    held, sets[0] = latents.split(sets[0], VALIDATION_COUNT)
    denoiser = build_denoiser(recipe.denoiser, tokenizer)
    state = _denoiser_state(denoiser, recipe)
    checkpoint = folder / "denoiser.safetensors"
    if checkpoint.exists():
        state.load(checkpoint)
    else:
        state.adopt_average(folder / "text.safetensors")
    loss_at = denoising.denoising_loss(denoiser, tokenizer, sets, recipe.denoising)

    def on_step(report: StepReport) -> None:
        _log_step(report)
        if report.step % 250 == 0:
            errors = denoising.errors_by_noise(denoiser, tokenizer, held, recipe.denoising.objective)
            logger.info("x0 error by noise quarter: %.4f %.4f %.4f %.4f", *errors)

    settings = replace(recipe.denoiser_loop, checkpoint=checkpoint)
    train(state, loss_at, settings, on_step=on_step, is_cancelled=_stop_signal().is_set)


def export_denoiser(folder: Path, recipe: Recipe, target: Path) -> None:
    """Write the averaged weights of the latest checkpoint as a diffusers folder."""
    tokenizer = vocabulary.load_tokenizer(folder / "tokenizer")
    denoiser = build_denoiser(recipe.denoiser, tokenizer)
    state = _denoiser_state(denoiser, recipe)
    state.load(folder / "denoiser.safetensors")
    state.use_average()
    export_model(denoiser, folder / "vae", tokenizer, recipe.denoising.objective, target)
    logger.info("exported step %d to %s", state.step, target)


def score_model(model: Path) -> None:
    """Measure prompt adherence of an exported model; write nothing."""
    for line in evaluation.report(model):
        logger.info(line)


def main(arguments: list[str] | None = None) -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "stage", choices=["render", "vae", "adopt", "encode", "text", "diffusion", "polish", "export", "score"]
    )
    parser.add_argument("--folder", type=Path, default=Path("data/embedded"), help="where stages keep their results")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="the exported model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, help="denoiser: end the run here instead; polish: how many steps")
    parser.add_argument("--decay-from", type=int, help="denoiser: lower the learning rate from this step on")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    _run(options)


def _run(options: argparse.Namespace) -> None:
    """Call the stage that was asked for."""
    schedule = EMBEDDED.denoiser_loop.schedule
    if options.steps is not None:
        schedule = replace(schedule, steps=options.steps)
    if options.decay_from is not None:
        schedule = replace(schedule, decay_from=options.decay_from)
    recipe = replace(EMBEDDED, denoiser_loop=replace(EMBEDDED.denoiser_loop, schedule=schedule))
    match options.stage:
        case "render":
            render_pictures(options.folder, recipe, options.threads)
        case "vae":
            train_autoencoder(options.folder, recipe)
        case "encode":
            encode_pictures(options.folder, recipe)
        case "adopt":
            adopt_model(options.folder, recipe, options.model)
        case "text":
            pretrain_text(options.folder, recipe)
        case "diffusion":
            train_denoiser(options.folder, recipe)
        case "polish":
            polish_decoder(options.folder, options.steps or 800)
        case "export":
            export_denoiser(options.folder, recipe, options.model)
        case "score":
            score_model(options.model)


def _stop_signal() -> threading.Event:
    """An event that is set when the process is asked to end, so that training can write a checkpoint first."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    return asked


def _denoiser_state(denoiser: Denoiser, recipe: Recipe) -> TrainingState:
    parameters = denoiser.parameters()
    return TrainingState(parameters, MuonAdam(parameters, recipe.denoiser_rates, denoiser.adam_only()))


_recent: list[float] = []


def _log_step(report: StepReport) -> None:
    """Log the mean loss of each fifty steps."""
    _recent.append(report.loss)
    if report.step % 50 == 0:
        mean = float(np.mean(_recent))
        logger.info("step %d of %d, loss %.4f, %.2f s", report.step, report.steps, mean, report.seconds)
        _recent.clear()


if __name__ == "__main__":
    main()
