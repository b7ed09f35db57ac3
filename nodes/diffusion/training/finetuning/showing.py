"""Pictures of a training: the curve of its losses, and what the model draws by now."""

import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from nodes.diffusion.previews import to_rgb
from nodes.diffusion.training.finetuning.objective import Objective
from nodes.diffusion.training.finetuning.samples import Sample

SIZE, LARGE = (480, 270), (800, 450)
"""Width and height of the curve: while it trains, and afterwards."""
MARGIN, TOP = 42, 26
STEPS = 8
"""Of a sample for people to look at: few, since it is drawn while training waits."""
SMOOTHING = 0.9
_INK, _GRID, _FAINT, _STRONG = (40, 44, 52), (226, 229, 234), (168, 190, 226), (38, 96, 196)


def smoothed(losses: Sequence[float]) -> list[float]:
    """The losses as a moving average, which is what to look at: single ones depend on what was drawn."""
    found: list[float] = []
    average = 0.0
    for number, loss in enumerate(losses, start=1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        found.append(average / (1 - SMOOTHING**number))
    return found


def loss_curve(losses: Sequence[float], size: tuple[int, int] = SIZE) -> Image.Image:
    """The losses over the steps: each in a faint colour, their moving average in a strong one."""
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    right, bottom = size[0] - 14, size[1] - 28
    low, high = (min(losses), max(losses)) if losses else (0.0, 1.0)
    high = high if high > low else low + 1e-6
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = bottom - share * (bottom - TOP)
        draw.line((MARGIN, y, right, y), fill=_GRID)
        draw.text((4, y - 6), f"{low + share * (high - low):.3f}", fill=_INK)
    average = smoothed(losses)
    for values, colour, width in ((losses, _FAINT, 1), (average, _STRONG, 2)):
        step = (right - MARGIN) / max(1, len(values) - 1)
        heights = [(value - low) / (high - low) * (bottom - TOP) for value in values]
        points = [(MARGIN + step * number, bottom - each) for number, each in enumerate(heights)]
        if len(points) > 1:
            draw.line(points, fill=colour, width=width)
    last = f", now {average[-1]:.4f}" if average else ""
    draw.text((MARGIN, 7), f"loss over {len(losses)} steps{last}", fill=_INK)
    draw.text((MARGIN, bottom + 8), "1", fill=_INK)
    draw.text((right - 36, bottom + 8), f"{len(losses)}", fill=_INK)
    return picture


def loss_picture(losses: Sequence[float]) -> Tensor:
    """The curve as a picture (height, width, 3) in 0..1, larger than those that are shown meanwhile."""
    return torch.from_numpy(np.asarray(loss_curve(losses, LARGE), np.float32) / 255)


@torch.no_grad()
def drawn_now(objective: Objective, sample: Sample, seed: int = 0) -> Image.Image | None:
    """A picture that the model draws of a sample's text by now, in a few steps of Euler's method and without guidance.

    None for families whose latents have no known colours, and for samples without a text. As
    `nodes.diffusion.previews`, it is no larger than a latent.
    """
    model, noise = objective.model, objective.noise
    if not model.latent_format.rgb_factors or not sample.context.shape[1]:
        return None
    generator = torch.Generator().manual_seed(seed)
    steps = torch.linspace(len(noise.sigmas) - 1, 0, STEPS).long()
    sigmas = torch.cat([noise.sigmas[steps], torch.zeros(1)])
    x = torch.randn(sample.latent.shape, generator=generator) * (1 + sigmas[0] ** 2).sqrt()
    for step, sigma, following in zip(steps, sigmas[:-1], sigmas[1:], strict=True):
        x = _euler(objective, sample, x, (step, sigma, following))
    return Image.fromarray(to_rgb(x, model.latent_format)[0].cpu().numpy())


def side_by_side(curve: Image.Image, picture: Image.Image | None) -> bytes:
    """The curve, with a picture at its right if there is one, as an encoded JPEG."""
    sheet = curve
    if picture is not None:
        height = curve.height
        scaled = picture.resize((round(picture.width * height / picture.height), height), Image.Resampling.BILINEAR)
        sheet = Image.new("RGB", (curve.width + scaled.width, height), "white")
        sheet.paste(curve, (0, 0))
        sheet.paste(scaled, (curve.width, 0))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _euler(objective: Objective, sample: Sample, x: Tensor, levels: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """One step of Euler's method, from a noise level at a timestep to the next."""
    step, sigma, following = levels
    extra = objective.model.inputs(sample.options, "positive", objective.start(sample))
    with objective.computing():
        output = objective.model.respond(objective.noise.scale_input(x, sigma), step[None], sample.context, extra)
    denoised = objective.noise.denoised(output.float().cpu(), x, sigma)
    return x + (x - denoised) / sigma * (following - sigma)
