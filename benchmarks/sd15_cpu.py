"""Stable Diffusion 1.5 on a processor: ours against diffusers' own pipeline, side by side in one run.

    python -m benchmarks.sd15_cpu [--sizes 256 512] [--steps 4] [--pairs 3] [--threads N] [--tiny]

Writes a model of the full architecture with random weights once, in half precision and both layouts, to a temporary
folder (`--folder` keeps it). Prints, for each size, the seconds of whole pictures (sampling with guidance 7.5, and
decoding) as ours, diffusers in float32 as it comes, and diffusers in bfloat16, each in a process of its own, taken in
turns, with the ratio of each pair; before, what loading the file takes and the most memory until one picture is done.
`--tiny` takes a small architecture, to try the script.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from graph.context import Context
from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.ldm_vae import vae_keys
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.vocabulary import bundled_vocabulary
from nodes.diffusion.types import ModelHandle, VaeHandle
from nodes.latents.autoencoding import decode_latent
from nodes.sampling.denoising import ksampler

ROOT = Path(__file__).parents[1]
WIDTH, TOKENS, WORDS, CFG, SEED = 768, 77, 49408, 7.5, 1
KINDS = OURS, DEFAULT, BF16 = "ours", "diffusers fp32", "diffusers bf16"
TYPES = {DEFAULT: torch.float32, BF16: torch.bfloat16}
CLIP = {"hidden_size": WIDTH, "intermediate_size": 3072, "num_attention_heads": 12, "hidden_act": "quick_gelu"}
NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
UNET = {"sample_size": 64, "cross_attention_dim": WIDTH, "attention_head_dim": 8}
VAE = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "latent_channels": 4,
    "sample_size": 512,
}
Draw = Callable[[int], object]


def write(folder: Path, *, tiny: bool) -> Path:
    """The model in both layouts, unless it is there; returns the single file."""
    file = folder / "sd15.safetensors"
    if file.exists():
        return file
    torch.manual_seed(0)
    channels = (32, 64, 64, 64) if tiny else (320, 640, 1280, 1280)
    parts = {
        "unet": UNet2DConditionModel(**UNET, block_out_channels=channels),
        "vae": AutoencoderKL(**VAE, block_out_channels=(32,) * 4 if tiny else (128, 256, 512, 512), layers_per_block=2),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**CLIP, num_hidden_layers=2 if tiny else 12)),
    }
    for part in parts.values():
        part.half()
    pipeline = StableDiffusionPipeline(
        **parts,
        tokenizer=bundled_vocabulary(WORDS).tokenizer,
        scheduler=DDIMScheduler(**NOISE, clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / "folder")
    save_file(original_layout(parts), file)
    return file


def original_layout(parts: Mapping[str, torch.nn.Module]) -> dict[str, Tensor]:
    """The weights under the names of the original release."""
    tensors: dict[str, Tensor] = {}
    for prefix, part, names in (
        ("model.diffusion_model.", "unet", unet_keys),
        ("first_stage_model.", "vae", vae_keys),
    ):
        state = parts[part].state_dict()
        renamed = names(state)
        for key, tensor in state.items():
            is_matrix = part == "vae" and tensor.dim() == 2
            tensors[prefix + renamed[key]] = tensor[..., None, None] if is_matrix else tensor
    for key, tensor in parts["text_encoder"].state_dict().items():
        tensors[f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}"] = tensor
    return {key: tensor.contiguous() for key, tensor in tensors.items()}


def texts() -> tuple[Tensor, Tensor]:
    """Two encoded texts; the numbers do not matter for the time."""
    generator = torch.Generator().manual_seed(0)
    positive, negative = (torch.randn(1, TOKENS, WIDTH, generator=generator) for _ in range(2))
    return positive, negative


def our_pictures(models: ModelRegistry, model: ModelHandle, vae: VaeHandle, steps: int) -> Draw:
    """Draws a picture of a size through our nodes."""
    positive, negative = texts()

    def draw(size: int) -> object:
        latent = ksampler(
            model,
            seed=SEED,
            steps=steps,
            cfg=CFG,
            sampler_name="ddim",
            scheduler="ddim_uniform",
            positive=[(positive, {})],
            negative=[(negative, {})],
            latent_image={"samples": torch.zeros(1, 4, size // 8, size // 8)},
            ctx=Context(),
            models=models,
        )
        return decode_latent(latent, vae, models=models)

    return draw


def their_pictures(pipeline: StableDiffusionPipeline, steps: int) -> Draw:
    """Draws a picture of a size through diffusers' pipeline, as it comes."""
    pipeline.set_progress_bar_config(disable=True)
    positive, negative = (text.to(pipeline.unet.dtype) for text in texts())

    def draw(size: int) -> object:
        return pipeline(
            prompt_embeds=positive,
            negative_prompt_embeds=negative,
            guidance_scale=CFG,
            num_inference_steps=steps,
            height=size,
            width=size,
            output_type="pt",
        ).images

    return draw


def load(kind: str, file: Path, steps: int) -> Draw:
    """Load all parts of the single file, and give what draws pictures with them."""
    if kind == OURS:
        models = ModelRegistry("cpu")
        checkpoint = models.checkpoint(file, "benchmark")
        assert checkpoint.clip is not None
        assert checkpoint.vae is not None
        with models.use_model(checkpoint.model), models.use_clip(checkpoint.clip), models.use_vae(checkpoint.vae):
            return our_pictures(models, checkpoint.model, checkpoint.vae, steps)
    pipeline = StableDiffusionPipeline.from_single_file(
        str(file), config=str(file.parent / "folder"), torch_dtype=TYPES[kind], local_files_only=True
    )
    return their_pictures(pipeline, steps)


def serve(kind: str, file: Path, steps: int) -> None:
    """Load, then draw a picture of each size that standard input names; a line of JSON tells what each of them took."""
    began = time.perf_counter()
    draw = load(kind, file, steps)
    print(json.dumps({"load": time.perf_counter() - began}), flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        draw(int(line))
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({**took, "peak": peak}), flush=True)


class Drawer:
    """One of those that are compared, in a process of its own: what one does to its heap is not the other's gain."""

    def __init__(self, kind: str, file: Path, options: argparse.Namespace, steps: int) -> None:
        command = [sys.executable, "-m", "benchmarks.sd15_cpu", "--folder", str(file.parent), "--serve", kind]
        command += ["--steps", str(steps), "--threads", str(options.threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.load = self._told()["load"]

    def draw(self, size: int) -> dict[str, float]:
        """Seconds of the clock and of the processor for one picture, and the most memory so far."""
        assert self._process.stdin is not None
        print(size, file=self._process.stdin, flush=True)
        return self._told()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _told(self) -> dict[str, float]:
        assert self._process.stdout is not None
        told: dict[str, float] = json.loads(self._process.stdout.readline())
        return told


def compare_speed(file: Path, options: argparse.Namespace) -> None:
    """Draw pictures in turns and print seconds and ratios; processor seconds tell more on a busy machine."""
    drawers = {kind: Drawer(kind, file, options, options.steps) for kind in KINDS}
    for size in options.sizes:
        took: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
        for pair in range(options.pairs + 1):
            for kind in KINDS[:: 1 if pair % 2 else -1]:
                told = drawers[kind].draw(size)
                if pair:  # the first round warms up
                    took[kind].append(told)
        for kind in KINDS:
            wall, cpu = (statistics.median(each[unit] for each in took[kind]) for unit in ("wall", "cpu"))
            print(f"{size} px  {kind:<15} {wall:8.2f} s wall {cpu:8.2f} s of processor", end="")
            ratios = [theirs["cpu"] / ours["cpu"] for theirs, ours in zip(took[kind], took[OURS], strict=True)]
            print("" if kind == OURS else "  ratios " + " ".join(f"{ratio:.2f}" for ratio in ratios))
    for drawer in drawers.values():
        drawer.close()


def compare_loading(file: Path, options: argparse.Namespace) -> None:
    """Load in turns, and print seconds and the most memory until a picture of one step is done."""
    for round_ in range(options.pairs):
        for kind in KINDS[:: 1 if round_ % 2 else -1]:
            drawer = Drawer(kind, file, options, steps=1)
            peak = drawer.draw(min(options.sizes))["peak"]
            print(f"{kind:<15} loaded in {drawer.load:6.2f} s, at most {peak / 1e9:.2f} GB of memory")
            drawer.close()


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where the model is kept; a temporary folder unless given")
    parser.add_argument("--tiny", action="store_true", help="a small architecture, to try the script")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as temporary:
        file = write(options.folder or Path(temporary), tiny=options.tiny)
        if options.serve:
            serve(options.serve, file, options.steps)
            return
        print(
            f"torch {torch.__version__}, {platform.machine()}, {options.threads} threads, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{file.stat().st_size / 1e9:.2f} GB file, {options.steps} steps, {options.pairs} pairs")
        compare_loading(file, options)
        compare_speed(file, options)


if __name__ == "__main__":
    main()
