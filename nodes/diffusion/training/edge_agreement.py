"""Measures how well pictures keep to the edges that a ControlNet was shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from diffusers import StableDiffusionControlNetPipeline
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional

from nodes.diffusion.pictures.edges import canny
from nodes.diffusion.training.adherence import Expectation, score_picture
from nodes.diffusion.training.architecture import build_control
from nodes.diffusion.training.dataset import SHAPE_FAMILIES, choose_family, is_held_out
from nodes.diffusion.training.evaluation import Sampling, load_pipeline
from nodes.diffusion.training.prompts import expectation_of
from nodes.diffusion.training.scenes import render

FIRST_SEED = 79_000_000
"""The pictures whose edges are shown begin here; no training uses these seeds."""
TOLERANCE = 2
"""By how many pixels an edge may be beside its place."""
THRESHOLDS = 0.2, 0.5
FEWEST = 60
"""Pixels of edges that a picture has at least."""


@dataclass(frozen=True)
class EdgeTask:
    """Edges (height, width) of zeros and ones, what the picture is called, and what it must show, if that is known."""

    edges: np.ndarray
    caption: str
    expectation: Expectation | None


def edges_of(picture: Image.Image) -> np.ndarray:
    """The edges of a picture as zeros and ones (height, width)."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).float() / 255
    return canny(pixels[None], *THRESHOLDS)[0, ..., 0].numpy()


def agreement(made: np.ndarray, wanted: np.ndarray, tolerance: int = TOLERANCE) -> float:
    """F1 of edges: the harmonic mean of the shares of made and of wanted ones that the other has within `tolerance`."""
    if not made.any() or not wanted.any():
        return float(made.any() == wanted.any())
    precision, recall = _covered(made, wanted, tolerance), _covered(wanted, made, tolerance)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def edge_tasks(number: int, figures: bool) -> list[EdgeTask]:
    """Pictures that were never trained on: plain figures in held-out combinations, or scenes of every other kind."""
    return list(islice(_tasks(figures), number))


def controlled_pipeline(model: Path, control: Path) -> StableDiffusionControlNetPipeline:
    """The model, steered by the ControlNet in a file, as diffusers itself does it."""
    parts = load_pipeline(model).components
    network = build_control(parts["unet"]).eval()
    network.load_state_dict({key: each.float() for key, each in load_file(control).items()})
    pipeline = StableDiffusionControlNetPipeline(**parts, controlnet=network, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw_tasks(
    pipeline: StableDiffusionControlNetPipeline, tasks: Sequence[EdgeTask], strength: float, batch: int = 10
) -> list[Image.Image]:
    """One picture for each task, from the noise of its place in the list."""
    sampling, drawn = Sampling(), []
    for start in range(0, len(tasks), batch):
        some = tasks[start : start + batch]
        drawn += pipeline(
            [each.caption for each in some],
            image=[_as_picture(each.edges) for each in some],
            controlnet_conditioning_scale=strength,
            num_inference_steps=sampling.steps,
            guidance_scale=sampling.guidance,
            generator=[torch.Generator().manual_seed(start + number) for number in range(len(some))],
        ).images
    return drawn


def measure(pictures: Sequence[Image.Image], tasks: Sequence[EdgeTask]) -> dict[str, float]:
    """The mean agreement of edges, and for figures the share of pictures that show what the caption says."""
    pairs = list(zip(pictures, tasks, strict=True))
    found = {"edges": fmean(agreement(edges_of(picture), task.edges) for picture, task in pairs)}
    judged = [score_picture(picture, task.expectation) for picture, task in pairs if task.expectation is not None]
    for key in ("colour", "shape", "all"):
        if judged:
            found[key] = fmean(verdict[key] for verdict in judged)
    return found


def report(model: Path, control: Path, number: int) -> Iterator[str]:
    """Lines that compare pictures with and without a ControlNet."""
    pipeline = controlled_pipeline(model, control)
    for name, tasks in (("figures", edge_tasks(number, True)), ("scenes", edge_tasks(number, False))):
        for strength in (0.0, 1.0):
            found = measure(draw_tasks(pipeline, tasks, strength), tasks)
            figures = ", ".join(f"{key} {share:.0%}" for key, share in found.items())
            yield f"{name}, strength {strength:g}, {len(tasks)} pictures: {figures}"


def _tasks(figures: bool) -> Iterator[EdgeTask]:
    for seed in count(FIRST_SEED):
        family, style = choose_family(seed)
        if (family in SHAPE_FAMILIES) != figures or (figures and style):
            continue
        scene = render(seed, 128, 128, family=family, styled=style)
        if figures and not is_held_out(scene.meta):
            continue
        edges = edges_of(scene.image)
        if edges.sum() >= FEWEST:  # colours that are equally bright have no edges
            yield EdgeTask(edges, scene.caption, expectation_of(scene.meta) if figures else None)


def _covered(some: np.ndarray, others: np.ndarray, tolerance: int) -> float:
    """The share of `some` that has one of `others` within so many pixels."""
    size = 2 * tolerance + 1
    near = functional.max_pool2d(torch.from_numpy(others)[None, None], size, stride=1, padding=tolerance)[0, 0].numpy()
    return float((some * near).sum() / some.sum())


def _as_picture(edges: np.ndarray) -> Image.Image:
    return Image.fromarray((edges * 255).astype(np.uint8)).convert("RGB")
