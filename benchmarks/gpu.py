"""One sampling step on a graphics card: ours against diffusers, eager and compiled, and against what the card could do.

    python -m benchmarks.gpu [--models sd15 sdxl] [--steps 30] [--pairs 5] [--no-compile] [--tiny]

Takes the UNets of Stable Diffusion 1.5 at 512 px and XL at 1024 px with random weights, two latents a step (guidance).
Everything is measured in turns; each figure is the median milliseconds of a step between two marks of the card, and
its ratio to the floor: the step's multiplications at the rate of a large matrix product, measured in the same run.
`--tiny` takes small networks and also runs on a processor, to try the script.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from nodes.diffusion.computing.acceleration import Acceleration, accelerated
from nodes.diffusion.computing.attention import AttentionProcessor
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.unet import UnetModel
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat

TOKENS = 77
SD15: Mapping[str, Any] = {"cross_attention_dim": 768, "attention_head_dim": 8}
SDXL: Mapping[str, Any] = {
    "cross_attention_dim": 2048,
    "attention_head_dim": (5, 10, 20),
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
TINY: Mapping[str, Mapping[str, Any]] = {
    "sd15": {"block_out_channels": (32, 32, 32, 32)},
    "sdxl": {"block_out_channels": (32, 32, 32), "attention_head_dim": 8, "transformer_layers_per_block": 1},
}
Step = Callable[[], Tensor]


@dataclass(frozen=True)
class Case:
    """A network and what it is shown."""

    name: str
    config: Mapping[str, Any]
    cells: int
    flop: float
    """Of a step with two latents."""


CASES = {"sd15": Case("sd15", SD15, 64, 1.607e12), "sdxl": Case("sdxl", SDXL, 128, 13.52e12)}


def new_network(case: Case, placement: Placement, *, tiny: bool) -> UNet2DConditionModel:
    """The network with random weights; every call gives the same."""
    torch.manual_seed(0)
    config = {"sample_size": case.cells, **case.config, **(TINY[case.name] if tiny else {})}
    with torch.device(placement.device):
        network = UNet2DConditionModel(**config)
    return network.to(placement.dtype).eval().requires_grad_(False)


def shown(case: Case, placement: Placement, *, tiny: bool) -> tuple[Tensor, Tensor, Tensor, dict[str, Tensor]]:
    """Two latents, their timesteps, texts, and what Stable Diffusion XL is told besides."""
    place: dict[str, Any] = {"device": placement.device, "dtype": placement.dtype}
    cells = 16 if tiny else case.cells
    x = torch.randn(2, 4, cells, cells, device=placement.device)
    context = torch.randn(2, TOKENS, case.config["cross_attention_dim"], **place)
    told = {}
    if case.name == "sdxl":
        told = {"text_embeds": torch.randn(2, 1280, **place), "time_ids": torch.zeros(2, 6, device=placement.device)}
    return x, torch.full((2,), 500.0, device=placement.device), context, told


def our_step(case: Case, placement: Placement, acceleration: frozenset[Acceleration], *, tiny: bool) -> Step:
    """A step of ours, as sampling calls it."""
    network = new_network(case, placement, tiny=tiny).to(memory_format=torch.channels_last)
    network.set_attn_processor(AttentionProcessor())
    unet = UnetModel(network, LatentFormat(), "epsilon", betas_of({}), placement.device, placement.dtype)
    model = accelerated(unet, placement, acceleration)
    x, timestep, context, told = shown(case, placement, tiny=tiny)
    return lambda: model.predict(x, timestep, context, {**told, "sigma": 1.0})


def their_step(case: Case, placement: Placement, *, compiled: bool, tiny: bool) -> Step:
    """A step of diffusers' network as its pipelines call it."""
    network = new_network(case, placement, tiny=tiny)
    if compiled:
        network.compile_repeated_blocks(fullgraph=True)
    x, timestep, context, told = shown(case, placement, tiny=tiny)
    noisy = x.to(placement.dtype)
    return lambda: network(noisy, timestep, context, added_cond_kwargs=told or None, return_dict=False)[0]


def milliseconds(step: Step, steps: int, device: torch.device) -> float:
    """How long one of several steps takes, given to the device at once."""
    with torch.inference_mode():
        if device.type != "cuda":
            began = time.perf_counter()
            for _ in range(steps):
                step()
            return (time.perf_counter() - began) * 1e3 / steps
        new_mark: Callable[..., Any] = torch.cuda.Event  # torch does not say its types
        first, last = new_mark(enable_timing=True), new_mark(enable_timing=True)
        first.record()
        for _ in range(steps):
            step()
        last.record()
        last.synchronize()
        return float(first.elapsed_time(last)) / steps


def multiplications_per_second(placement: Placement, side: int) -> float:
    """What the device reaches in a large matrix product."""
    matrix = torch.randn(side, side, device=placement.device, dtype=placement.dtype)
    milliseconds(lambda: matrix @ matrix, 3, placement.device)
    return 2 * side**3 / milliseconds(lambda: matrix @ matrix, 10, placement.device) * 1e3


def compare(case: Case, placement: Placement, options: argparse.Namespace) -> None:
    """Measure the ways in turns and print them."""
    tiny = options.tiny
    ways: dict[str, Step] = {
        "ours": our_step(case, placement, frozenset(), tiny=tiny),
        "ours, graphs": our_step(case, placement, frozenset({"graphs"}), tiny=tiny),
        "diffusers": their_step(case, placement, compiled=False, tiny=tiny),
    }
    if options.compile:
        ways["ours, compile + graphs"] = our_step(case, placement, frozenset({"compile", "graphs"}), tiny=tiny)
        ways["diffusers, compiled"] = their_step(case, placement, compiled=True, tiny=tiny)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for pair in range(options.pairs + 1):
        for name in list(ways)[:: 1 if pair % 2 else -1]:
            taken = milliseconds(ways[name], options.steps, placement.device)
            if pair:  # the first round warms up
                times[name].append(taken)
    floor = case.flop / multiplications_per_second(placement, 256 if tiny else 8192) * 1e3
    print(f"{case.name}, {case.cells * 8} px, {placement.dtype}" + (" (tiny: no floor)" if tiny else ""))
    for name, measured in times.items():
        median = statistics.median(measured)
        told = "" if tiny else f", {median / floor:.2f} times the floor of {floor:.1f} ms"
        print(f"  {name:<24} {median:8.2f} ms a step{told}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=sorted(CASES), default=sorted(CASES))
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--tiny", action="store_true", help="small networks, to try the script")
    options = parser.parse_args()
    if not torch.cuda.is_available() and not options.tiny:
        raise SystemExit("There is no graphics card here; --tiny tries the script on the processor.")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    placement = Placement(device, torch.float16 if device.type == "cuda" else torch.float32)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "processor"
    print(f"torch {torch.__version__}, {name}")
    for model in options.models:
        compare(CASES[model], placement, options)


if __name__ == "__main__":
    main()
