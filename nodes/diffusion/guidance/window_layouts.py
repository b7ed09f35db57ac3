"""Where windows over a long latent lie, and how much each of their frames counts.

Qiu et al., 2023, "FreeNoise: Tuning-Free Longer Video Diffusion via Noise Rescheduling", section 3.2: windows are mixed
by how far from their ends a frame is. Uniform windows, which move from step to step, are those of AnimateDiff's command
line: the ordered halving of the number of the step says how far.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

Schedule = Literal["standard_static", "standard_uniform", "looped_uniform", "batched"]
Fuse = Literal["pyramid", "relative", "flat", "overlap-linear"]
FAINT = 1e-6
"""The weight of a frame that counts only where nothing else is known."""


@dataclass(frozen=True)
class WindowPlan:
    """How a latent is divided.

    Attributes:
        length: frames of a window; a latent with no more of them is not divided.
        overlap: frames that neighbours share.
        schedule: where windows lie.
        stride: of uniform windows: up to which power of two frames lie apart.
        is_closed: whether looped windows go on at the beginning.
        fuse: how overlapping windows are mixed.
        dim: the dimension of the latent that is divided; 0 divides batches whose items are frames.
        kept_conditions: places in a window where conditionings keep what they have at that place of the whole.
        kept_latents: as `kept_conditions`, for the latent.
        splits_conditions: whether of several conditionings of a side each window has the one whose turn it is.
        leads_in: whether a window that is not the first is shown the frame before it, as models of videos whose first
            frame is of a kind of its own need.
        shuffles_noise: whether the noise of the first window comes again, in another order, in later ones.
    """

    length: int
    overlap: int
    schedule: Schedule = "standard_static"
    stride: int = 1
    is_closed: bool = False
    fuse: Fuse = "pyramid"
    dim: int = 0
    kept_conditions: tuple[int, ...] = ()
    kept_latents: tuple[int, ...] = ()
    splits_conditions: bool = False
    leads_in: bool = True
    shuffles_noise: bool = False

    @property
    def moves(self) -> bool:
        """Whether windows lie elsewhere at each step."""
        return self.schedule in ("standard_uniform", "looped_uniform")


Windows = list[list[int]]
"""The frames of each window, by number."""


def windows_at(count: int, plan: WindowPlan, step: int) -> Windows:
    """The windows over so many frames at a step, counted from 0; together they hold all frames."""
    return SCHEDULES[plan.schedule](count, plan, step)


def static(count: int, plan: WindowPlan, step: int) -> Windows:
    """The same windows at every step; the last lies at the end."""
    starts = range(0, count - plan.length, plan.length - plan.overlap)
    return [list(range(start, start + plan.length)) for start in (*starts, count - plan.length)]


def batched(count: int, plan: WindowPlan, step: int) -> Windows:
    """Windows side by side, without overlap."""
    return [list(range(start, min(start + plan.length, count))) for start in range(0, count, plan.length)]


def looped(count: int, plan: WindowPlan, step: int) -> Windows:
    """Windows that move with the steps, some with frames further apart; at the end they go on at the beginning."""
    share = halved(step)
    moved = round(count * share)
    end = count + moved - (0 if plan.is_closed else plan.overlap)
    strides = min(plan.stride, math.ceil(math.log2(count / plan.length)) + 1)
    return [
        [(start + apart * place) % count for place in range(plan.length)]
        for apart in (2**power for power in range(strides))
        for start in range(int(share * apart) + moved, end, plan.length * apart - plan.overlap)
    ]


def uniform(count: int, plan: WindowPlan, step: int) -> Windows:
    """As `looped`, but what would go on at the beginning lies at the end, and no window comes twice.

    Windows whose frames lie so far apart that they go round more than once are left out.
    """
    windows: Windows = []
    planned = looped(count, replace(plan, is_closed=False), step)
    planned = [each for each in planned if (each[1 % len(each)] - each[0]) % count * (plan.length - 1) < count]
    for number, window in enumerate(planned):
        turn = next((at for at in range(1, len(window)) if window[at] < window[at - 1]), None)
        if turn is None:
            windows.append(window)
            continue
        distances = [(frame - window[0]) % count for frame in window]
        windows.append([count - 1 - distances[-1] + each for each in distances])
        following = planned[number + 1] if number + 1 < len(planned) else windows[0]
        if window[turn] not in following:
            first = min(window[turn], count - plan.length)
            windows.append(list(range(first, first + plan.length)))
    return [list(each) for each in dict.fromkeys(map(tuple, windows))]


SCHEDULES: Mapping[Schedule, Callable[[int, WindowPlan, int], Windows]] = {
    "standard_static": static,
    "standard_uniform": uniform,
    "looped_uniform": looped,
    "batched": batched,
}


def halved(step: int) -> float:
    """The bits of a number behind the point, the lowest first: 0, 1/2, 1/4, 3/4, 1/8, …: evenly spread at any time."""
    return sum((step >> bit & 1) / 2 ** (bit + 1) for bit in range(step.bit_length()))


def weights_of(frames: Sequence[int], count: int, plan: WindowPlan) -> Tensor:
    """(frames,): how much each frame of a window counts, of `count` frames in all."""
    if plan.fuse == "flat":
        return torch.ones(len(frames))
    if plan.fuse == "relative":
        return _relative(frames)
    return _pyramid(frames) if plan.fuse == "pyramid" else _ramps(frames, count, plan.overlap)


def _pyramid(frames: Sequence[int]) -> Tensor:
    """One more for each frame that lies further from the ends."""
    place = torch.arange(len(frames), dtype=torch.float32)
    return 1 + torch.minimum(place, place.flip(0))


def _relative(frames: Sequence[int]) -> Tensor:
    """From 1 in the middle to a hundredth at the ends."""
    numbers = torch.tensor(frames, dtype=torch.float64)
    middle, reach = (numbers[0] + numbers[-1]) / 2, (numbers[-1] - numbers[0] + 1e-2) / 2
    return (1 - (numbers - middle).abs() / reach).clamp(min=1e-2).float()


def _ramps(frames: Sequence[int], count: int, overlap: int) -> Tensor:
    """Fading in and out where neighbours overlap, but not at the ends of the whole."""
    overlap = min(overlap, len(frames))
    weights, ramp = torch.ones(len(frames)), torch.linspace(FAINT, 1, overlap)
    if overlap and min(frames) > 0:
        weights[:overlap] = ramp
    if overlap and max(frames) < count - 1:
        weights[-overlap:] = ramp.flip(0)
    return weights


def shuffled(noise: Tensor, plan: WindowPlan, seed: int) -> Tensor:
    """Noise whose later frames are those of the first window in another order (Qiu et al., 2023, section 3.1).

    Args:
        noise: of the whole latent.
        plan: how it is divided.
        seed: says the order.
    """
    if noise.dim() <= plan.dim:
        return noise
    noise, count, generator = noise.clone(), noise.shape[plan.dim], torch.Generator().manual_seed(seed)
    frames = noise.movedim(plan.dim, 0)
    taken_at_once = plan.length - plan.overlap
    for start in range(0, count - plan.length, taken_at_once):
        at = start + plan.length
        taken = min(taken_at_once, count - at)
        frames[at : at + taken] = frames[torch.randperm(taken, generator=generator) + start]
    return noise
