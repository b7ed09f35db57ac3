"""What KSampler costs beyond the network: a whole run against a bare loop of the same calls.

    python -m benchmarks.sampler_overhead [--steps 20] [--pairs 9] [--size 128] [--sampler euler] [--threads 1]

Takes the embedded model where it is, otherwise a random UNet of its shape. Run and loop alternate, and each pair gives
one ratio, so that other work on the machine hits both. On a CPU the time is that of this process; on a GPU it is that
of the clock, with the device waited for at the end. Ratios of a busy machine scatter by more than what is measured, so
the last line gives the same from KSampler's own work alone.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel

from graph.context import Context
from nodes.diffusion.computing.attention import AttentionProcessor
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.unet import UnetModel
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.sampling import ModelProvider
from nodes.diffusion.types import DiffusionModel, LatentFormat, ModelHandle, ModelSource, Prediction, Start
from nodes.sampling.denoising import ksampler

EMBEDDED = Path(__file__).parents[1] / "models" / "checkpoints" / "latentloom-tiny"
TOKENS = 77


@dataclass(frozen=True)
class Loaded:
    """A network that is loaded already, given for every handle."""

    network: DiffusionModel

    @contextmanager
    def use_model(self, handle: ModelHandle) -> Iterator[DiffusionModel]:
        """The network, whatever the handle says."""
        yield self.network


def embedded() -> tuple[ModelProvider, ModelHandle, int]:
    """The model that ships with the house, its handle, and the width of its texts."""
    models = ModelRegistry()
    handle = models.checkpoint(EMBEDDED).model
    with models.use_model(handle) as network:
        width = network.network.config["cross_attention_dim"] if isinstance(network, UnetModel) else 0
    return models, handle, width


def random_model() -> tuple[ModelProvider, ModelHandle, int]:
    """A random network of the shape of the embedded one."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16,
        layers_per_block=1,
        block_out_channels=(64, 128, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=128,
        attention_head_dim=(2, 4, 4),
        norm_num_groups=8,
    )
    unet.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    unet.set_attn_processor(AttentionProcessor())
    network = UnetModel(unet, LatentFormat(), "epsilon", betas_of({}), torch.device("cpu"), torch.float32)
    return Loaded(network), ModelHandle(ModelSource(Path("random"), "model", "sd1")), 128


@dataclass(frozen=True)
class Instant:
    """A network that returns what it is shown: what a run costs with it is KSampler's own work."""

    latent_format: LatentFormat
    prediction: Prediction
    betas: torch.Tensor
    device: torch.device
    dtype: torch.dtype
    context_width: int
    sampling: Mapping[str, Any] = field(default_factory=dict)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, torch.Tensor]:
        """Nothing."""
        return {}

    def predict(
        self, x: torch.Tensor, timestep: torch.Tensor, context: torch.Tensor, extra: Mapping[str, Any]
    ) -> torch.Tensor:
        """The noisy latents themselves."""
        return x


@dataclass(frozen=True)
class Case:
    """The same calls in several ways: through KSampler, in a bare loop, and through KSampler without a network."""

    run: Callable[[], object]
    loop: Callable[[], object]
    alone: Callable[[], object]
    device: torch.device
    name: str


def case(options: argparse.Namespace) -> Case:
    """What is measured."""
    is_embedded = EMBEDDED.is_dir()
    models, handle, width = embedded() if is_embedded else random_model()
    generator = torch.Generator().manual_seed(0)
    positive, negative = (torch.randn(1, TOKENS, width, generator=generator) for _ in range(2))
    cells = options.size // 8
    calls = options.steps * 2 - 1 if options.sampler == "heun" else options.steps
    with models.use_model(handle) as network:
        device = network.device
        instant = Instant(network.latent_format, network.prediction, network.betas, device, network.dtype, width)

    def run(provider: ModelProvider) -> None:
        ksampler(
            handle,
            seed=1,
            steps=options.steps,
            cfg=5.0,
            sampler_name=options.sampler,
            scheduler="normal",
            positive=[(positive, {})],
            negative=[(negative, {})],
            latent_image={"samples": torch.zeros(1, 4, cells, cells)},
            ctx=Context(),
            models=provider,
        )

    def loop() -> None:
        context = torch.cat([positive, negative]).to(device)
        x = torch.randn(2, 4, cells, cells, device=device)
        with models.use_model(handle) as network, torch.inference_mode():
            for timestep in torch.linspace(999, 0, calls):
                network.predict(x, timestep.expand(2).to(device), context, {})

    name = "the embedded model" if is_embedded else "a random UNet of the embedded model's shape"
    return Case(lambda: run(models), loop, lambda: run(Loaded(instant)), device, name)


def seconds(step: Callable[[], object], device: torch.device) -> float:
    """How long a step takes."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    began = clock()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - began


def measure(case: Case, pairs: int) -> tuple[list[float], list[float]]:
    """Seconds of runs and of loops, taken in turns."""
    runs: list[float] = []
    loops: list[float] = []
    case.run()
    case.loop()
    for pair in range(pairs):
        order = ((runs, case.run), (loops, case.loop))
        for times, step in order if pair % 2 else reversed(order):
            times.append(seconds(step, case.device))
    return runs, loops


def main() -> None:
    """Print the ratio of each pair, and the median."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--size", type=int, default=128, help="picture pixels a side")
    parser.add_argument("--sampler", default="euler")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    measured = case(options)
    runs, loops = measure(measured, options.pairs)
    alone = min(seconds(measured.alone, measured.device) for _ in range(options.pairs))
    ratios = [run / loop for run, loop in zip(runs, loops, strict=True)]
    bare = statistics.median(loops)
    print(f"{measured.name}, {options.size} px, {options.sampler}, {options.steps} steps")
    print(f"torch {torch.__version__}, {measured.device}, {platform.machine()}, {options.threads} threads")
    print(f"KSampler {statistics.median(runs) * 1e3:.1f} ms, bare loop {bare * 1e3:.1f} ms")
    print("ratios " + " ".join(f"{ratio:.3f}" for ratio in sorted(ratios)))
    print(f"overhead {100 * (statistics.median(ratios) - 1):+.1f} % (median of {options.pairs} pairs)")
    print(f"without a network KSampler takes {alone * 1e3:.2f} ms: {100 * alone / bare:.2f} % of the loop")


if __name__ == "__main__":
    main()
