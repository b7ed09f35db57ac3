"""Trains the upscaler that goes with the embedded model: a small network that doubles drawn pictures.

    python -m nodes.diffusion.training.super_resolution            # about two minutes of processor time

The network is a SRVGGNetCompact (see `nodes.diffusion.upscaling.compact`). It learns from scenes of the embedded
model's world (`scenes`), drawn at 256 pixels and averaged over 2 x 2, to undo the averaging. Its last layer is first
solved by least squares; then all of it is trained. A checkpoint is written every minute; the same command goes on after
an interruption, and reaches the same weights.
"""

import argparse
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.training.dataset import choose_family
from nodes.diffusion.training.loop import LoopSettings, Schedule, StepReport, TrainingState, train
from nodes.diffusion.training.optimiser import MuonAdam, Rates
from nodes.diffusion.training.scenes import render
from nodes.diffusion.upscaling.compact import Compact

logger = logging.getLogger(__name__)

TARGET = Path("models/upscale_models/latentloom-tiny-x2.safetensors")
SCALE, SIDE = 2, 256
SOLVED_WITH = 24
"""How many pictures the last layer is first solved with."""
FIRST_SEED, HELD_OUT_SEED = 60_000_000, 69_000_000
"""Where the seeds of pictures begin that are trained with, and of those that are not."""


def compact_shapes(width: int, layers: int) -> dict[str, tuple[int, ...]]:
    """The weights of a network for colour pictures.

    Args:
        width: channels inside.
        layers: convolutions between the first and the last.
    """
    sizes = [(3, width), *[(width, width)] * layers, (width, 3 * SCALE**2)]
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (before, after) in enumerate(sizes):
        shapes[f"body.{2 * number}.weight"] = (after, before, 3, 3)
        shapes[f"body.{2 * number}.bias"] = (after,)
        if number < len(sizes) - 1:
            shapes[f"body.{2 * number + 1}.weight"] = (after,)
    return shapes


def draw_pictures(seeds: Iterable[int], side: int = SIDE) -> Tensor:
    """Scenes of the embedded model's world as bytes (count, 3, side, side)."""
    found = []
    for seed in seeds:
        family, style = choose_family(seed)
        found.append(np.asarray(render(seed, side, side, family=family, styled=style).image.convert("RGB"), np.uint8))
    return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def solve_last_layer(network: Compact, pictures: Tensor, ridge: float = 1e-4) -> None:
    """Set the last convolution by least squares, so that training begins where a linear filter would end.

    The features that it sees are those of the random layers before it; pictures are bytes (count, 3, height, width).
    """
    last = network.body[-1]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    total, wanted = torch.zeros(()), torch.zeros(())
    for picture in pictures.float().split(1):
        sharp = picture / 255
        small = functional.avg_pool2d(sharp, SCALE)
        features = small
        for layer in network.body[:-1]:
            features = layer(features)
        rows = functional.unfold(features, 3, padding=1)[0]  # (channels * 9, pixels)
        rows = torch.cat([rows, torch.ones(1, rows.shape[1])]).double()
        rest = sharp - functional.interpolate(small, scale_factor=SCALE, mode="nearest")
        targets = functional.pixel_unshuffle(rest, SCALE).flatten(2)[0].double()  # (3 * 4, pixels)
        total, wanted = total + rows @ rows.T, wanted + rows @ targets.T
    solution = torch.linalg.solve(total + ridge * total.diagonal().mean() * torch.eye(len(total)), wanted)
    last.weight.copy_(solution[:-1].T.reshape(last.weight.shape))
    last.bias.copy_(solution[-1])


def upscaling_loss(network: Compact, pictures: Tensor, crop: int, batch: int) -> Callable[[int], Tensor]:
    """The mean squared error of doubled crops, as a function of the step alone."""

    def loss_at(step: int) -> Tensor:
        rng = np.random.default_rng((7, step))
        sharp = torch.stack([_crop(pictures, crop, rng) for _ in range(batch)]).float() / 255
        return functional.mse_loss(network(functional.avg_pool2d(sharp, SCALE)), sharp)

    return loss_at


def peak_signal_to_noise(made: Tensor, real: Tensor) -> float:
    """PSNR in decibels of pictures in 0..1, from their mean squared error together."""
    return float(-10 * torch.log10((made.clamp(0, 1) - real).square().mean()))


@torch.no_grad()
def compare(network: Callable[[Tensor], Tensor], pictures: Tensor) -> dict[str, float]:
    """PSNR by method on pictures (count, 3, height, width) as bytes: the network's, and bicubic's."""
    real = pictures.float() / 255
    small = functional.avg_pool2d(real, SCALE)
    bicubic = functional.interpolate(small, scale_factor=SCALE, mode="bicubic")
    return {"network": peak_signal_to_noise(network(small), real), "bicubic": peak_signal_to_noise(bicubic, real)}


def train_upscaler(options: argparse.Namespace) -> None:
    """Draw, train, compare, write."""
    torch.manual_seed(0)
    network = Compact(compact_shapes(options.width, options.layers))
    pictures = draw_pictures(range(FIRST_SEED, FIRST_SEED + options.pictures))
    held = draw_pictures(range(HELD_OUT_SEED, HELD_OUT_SEED + 12))
    parameters = dict(network.named_parameters())
    solve_last_layer(network, pictures[:SOLVED_WITH])
    logger.info("before training: %s", compare(network, held[:2]))
    state = TrainingState(parameters, MuonAdam(parameters, Rates(adam=1e-3), adam_only=parameters))
    checkpoint = options.folder / "super_resolution.safetensors"
    if checkpoint.exists():
        state.load(checkpoint)
    schedule = Schedule(options.steps, decay_from=options.steps // 3)
    loop = LoopSettings(schedule, average_decay=0.99, checkpoint=checkpoint, checkpoint_seconds=60)

    def on_step(report: StepReport) -> None:
        if report.step % 100 == 0:
            found = compare(network, held[:2])
            logger.info("step %d, loss %.4f, %.2f s, %s", report.step, report.loss, report.seconds, found)

    train(state, upscaling_loss(network, pictures, options.crop, options.batch), loop, on_step=on_step)
    state.use_average()
    logger.info("held-out pictures: %s", compare(network, held))
    options.target.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: each.detach().contiguous().clone() for name, each in network.state_dict().items()}, options.target)


def main(arguments: list[str] | None = None) -> None:
    """Train the upscaler."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("data/super_resolution"), help="where checkpoints are")
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--pictures", type=int, default=160, help="how many are drawn to train with")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=48, help="side of what a step sees, in pixels")
    parser.add_argument("--width", type=int, default=32, help="channels of the network")
    parser.add_argument("--layers", type=int, default=3, help="its convolutions, without the first and the last")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    train_upscaler(options)


def _crop(pictures: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A part (3, side, side) of some picture, turned, mirrored and with its colours exchanged at random."""
    picture = pictures[rng.integers(len(pictures))]
    top, left = (int(rng.integers(length - side + 1) // SCALE * SCALE) for length in picture.shape[1:])
    part = picture[:, top : top + side, left : left + side]
    part = torch.rot90(part, int(rng.integers(4)), (1, 2))
    if rng.random() < 0.5:
        part = part.flip(2)
    return part[torch.from_numpy(rng.permutation(3))]


if __name__ == "__main__":
    main()
