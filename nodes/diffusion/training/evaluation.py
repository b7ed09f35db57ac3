"""Measures an exported model: draws held-out prompts and lets `adherence` judge the pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from nodes.diffusion.training.adherence import score_picture
from nodes.diffusion.training.prompts import TestPrompt, composed_prompts, scene_prompts, single_prompts


@dataclass(frozen=True)
class Sampling:
    """How test pictures are drawn; sizes in pixels."""

    steps: int = 20
    guidance: float = 5.0
    width: int = 128
    height: int = 128


SAMPLINGS = (Sampling(), Sampling(guidance=1.0), Sampling(steps=2))
"""The reference, and two that must be worse: without guidance, and with two steps."""


def load_pipeline(folder: Path) -> StableDiffusionPipeline:
    """Load a diffusers folder in float32 without asking the network."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw_prompts(
    pipeline: StableDiffusionPipeline, prompts: Sequence[TestPrompt], sampling: Sampling, batch: int = 10
) -> Iterator[Image.Image]:
    """Draw one picture for each prompt, each from the noise of its own seed."""
    for start in range(0, len(prompts), batch):
        some = prompts[start : start + batch]
        yield from pipeline(
            [prompt.text for prompt in some],
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            width=sampling.width,
            height=sampling.height,
            generator=[torch.Generator().manual_seed(prompt.seed) for prompt in some],
        ).images


def measure(pipeline: StableDiffusionPipeline, prompts: Sequence[TestPrompt], sampling: Sampling) -> dict[str, float]:
    """Share of pictures that show each thing that was asked for; `all` is the share that shows everything."""
    pictures = draw_prompts(pipeline, prompts, sampling)
    verdicts = [score_picture(picture, p.expectation) for picture, p in zip(pictures, prompts, strict=True)]
    keys = sorted({key for verdict in verdicts for key in verdict})
    return {key: _share([verdict[key] for verdict in verdicts if key in verdict]) for key in keys}


def report(folder: Path, number: int = 100) -> Iterator[str]:
    """Lines that say how well the model follows prompts, group by group, as they are measured."""
    pipeline = load_pipeline(folder)
    groups = {"single": single_prompts(number), "composed": composed_prompts(number), "scenes": scene_prompts()}
    for sampling in SAMPLINGS:
        for name, prompts in groups.items():
            shares = measure(pipeline, prompts, sampling)
            figures = ", ".join(f"{key} {share:.0%}" for key, share in shares.items())
            yield f"{name}, {sampling.steps} steps, guidance {sampling.guidance:g}, {len(prompts)} pictures: {figures}"


def _share(answers: Sequence[bool]) -> float:
    return sum(answers) / len(answers)
