"""The same picture as diffusers: our graph against `StableDiffusionPipeline` on the embedded model.

    python -m benchmarks.pipeline_agreement

Prints the peak signal-to-noise ratio (PSNR, dB; identical 8-bit pictures are `inf`) for samplers where the algorithm is
the same, and the time each side took for the same 20 steps. The pipeline gets our starting noise.
"""

import asyncio
import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline
from diffusers.schedulers import SchedulerMixin
from PIL import Image

from graph.events import JobFailed, NodeFinished
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from nodes.application import create
from nodes.diffusion.noise import initial_noise

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models" / "checkpoints" / "latentloom-tiny"
PROMPTS = ("a red circle on a blue background", "a castle on a hill at sunset", "three yellow stars on black")
SEED, STEPS, CFG = 7, 20, 5.0
CASES: dict[str, tuple[str, str, type[SchedulerMixin], dict[str, Any]]] = {
    "euler, simple": ("euler", "simple", EulerDiscreteScheduler, {"timestep_spacing": "trailing"}),
    "euler, normal": ("euler", "normal", EulerDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "ddim, ddim_uniform": (
        "ddim",
        "ddim_uniform",
        DDIMScheduler,
        {"timestep_spacing": "leading", "steps_offset": 1, "set_alpha_to_one": True},
    ),
}


def main() -> None:
    """Compare and print."""
    pipeline = StableDiffusionPipeline.from_pretrained(MODEL, torch_dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    print(f"{'case':<22}{'prompt':<36}{'PSNR':>8}{'ours':>9}{'pipeline':>10}")
    with tempfile.TemporaryDirectory() as data:
        for case, (sampler, scheduler, kind, options) in CASES.items():
            for prompt in PROMPTS:
                ours, our_seconds = asyncio.run(run_graph(Path(data), prompt, sampler, scheduler))
                theirs, their_seconds = run_pipeline(pipeline, prompt, kind, options)
                print(f"{case:<22}{prompt:<36}{psnr(ours, theirs):8.1f}{our_seconds:8.2f}s{their_seconds:9.2f}s")


async def run_graph(data: Path, prompt: str, sampler: str, scheduler: str) -> tuple[np.ndarray, float]:
    """Run the shipped workflow; returns the picture and the seconds that sampling took."""
    workflow = json.loads((ROOT / "workflows" / "text_to_image.json").read_text())
    workflow["graph"]["2"]["inputs"]["text"] = prompt
    workflow["graph"]["5"]["inputs"] |= {"sampler_name": sampler, "scheduler": scheduler, "seed": SEED, "cfg": CFG}
    settings = Settings(data=str(data), models=(str(ROOT / "models"),), cache="none")
    runner = InlineRunner(create(settings.to_data()))
    await runner.start()
    picture, seconds = None, 0.0
    async for event in runner.run(JobRequest(id="agreement", document=workflow)):
        if isinstance(event, JobFailed):
            raise SystemExit(event.failure.message)
        if isinstance(event, NodeFinished) and event.node.id == "5":
            seconds = event.seconds
        if isinstance(event, NodeFinished) and event.ui:
            picture = np.asarray(Image.open(data / "output" / event.ui["images"][0]["filename"]))
    await runner.stop()
    assert picture is not None
    return picture, seconds


def run_pipeline(
    pipeline: StableDiffusionPipeline, prompt: str, kind: type[SchedulerMixin], options: dict[str, Any]
) -> tuple[np.ndarray, float]:
    """Run the pipeline from our noise; returns the picture and the seconds without the first, warming run."""
    pipeline.scheduler = kind.from_config(
        json.loads((MODEL / "scheduler" / "scheduler_config.json").read_text()), **options
    )
    noise = initial_noise((1, 4, 16, 16), SEED)
    pipeline.scheduler.set_timesteps(STEPS)
    if isinstance(pipeline.scheduler, EulerDiscreteScheduler):
        # The pipeline scales by sigma_max or by sqrt(1 + sigma_max^2), depending on the spacing; we take the latter.
        largest = float(pipeline.scheduler.sigmas[0])
        noise = noise * math.sqrt(1 + largest**2) / float(pipeline.scheduler.init_noise_sigma)
    began = time.perf_counter()
    made = pipeline(
        prompt, latents=noise, height=128, width=128, guidance_scale=CFG, num_inference_steps=STEPS, output_type="np"
    ).images[0]
    return (made * 255).round().astype(np.uint8), time.perf_counter() - began


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two 8-bit pictures in dB."""
    error = float(np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


if __name__ == "__main__":
    main()
