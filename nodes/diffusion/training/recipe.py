"""The numbers of the embedded model: one place that says how it was trained."""

from dataclasses import dataclass

from nodes.diffusion.training.architecture import AutoencoderSize, DenoiserSize
from nodes.diffusion.training.autoencoding import AutoencodingSettings
from nodes.diffusion.training.dataset import TRAINING_RANGES, PictureRange
from nodes.diffusion.training.denoising import DenoisingSettings
from nodes.diffusion.training.latents import BatchSettings
from nodes.diffusion.training.loop import LoopSettings, Schedule
from nodes.diffusion.training.objective import Objective
from nodes.diffusion.training.optimiser import Rates

VALIDATION_COUNT = 256
"""Pictures at the beginning of the square set that are never trained on."""


@dataclass(frozen=True)
class Recipe:
    """Everything that determines the weights, apart from the order of floating-point sums."""

    pictures: tuple[PictureRange, ...]
    autoencoder: AutoencoderSize
    autoencoding: AutoencodingSettings
    autoencoder_rates: Rates
    autoencoder_schedule: Schedule
    denoiser: DenoiserSize
    text_batches: BatchSettings
    text_rates: Rates
    text_loop: LoopSettings
    denoising: DenoisingSettings
    denoiser_rates: Rates
    denoiser_loop: LoopSettings
    seed: int


EMBEDDED = Recipe(
    pictures=TRAINING_RANGES,
    autoencoder=AutoencoderSize(),
    autoencoding=AutoencodingSettings(),
    autoencoder_rates=Rates(adam=2e-3, muon=0.01),
    autoencoder_schedule=Schedule(2300, warmup_steps=20, decay_from=1500, decay="linear"),
    denoiser=DenoiserSize(),
    text_batches=BatchSettings(size=32, drop=0.05, seed=7),
    text_rates=Rates(adam=3e-3, muon=0.02),
    text_loop=LoopSettings(Schedule(500, decay_from=250), parts=2, average_decay=0.99),
    denoising=DenoisingSettings(
        objective=Objective(power=0.5),
        batches=BatchSettings(size=32, drop=0.1),
        shares={"figures": 0.6, "wide": 0.02, "tall": 0.02, "large": 0.02},
        shares_from=3000,
        offset=0.15,
    ),
    denoiser_rates=Rates(adam=2e-3, muon=0.02),
    denoiser_loop=LoopSettings(Schedule(12400, decay_from=7500), parts=2),
    seed=0,
)
"""The recipe of `models/checkpoints/latentloom-tiny`."""
