"""A tiny RIFE, in the spellings that files have, and what its authors compute."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.vision.rife import Rife, RifeSizes
from tests.nodes.diffusion import originals

TINY = RifeSizes(4, 2, (8, 8, 4, 4, 4), 2, 3)
STEPS = (16, 8, 4, 2, 1)


def network() -> Rife:
    """The network, with motion of some pixels."""
    network = originals.seeded(7, lambda: Rife(TINY).eval())
    with torch.no_grad():
        for block in network.blocks:
            block.lastconv[0].bias.uniform_(-3, 3, generator=torch.Generator().manual_seed(8))
            for layer in block.convblock:
                layer.beta.uniform_(0.3, 1.5, generator=torch.Generator().manual_seed(9))
    return network


def tensors(*, is_trained: bool = False) -> dict[str, Tensor]:
    """What a file holds; those of a training number the blocks otherwise, and hold more."""
    held = network().state_dict()
    if not is_trained:
        return held
    more = {"module.caltime.0.weight": torch.zeros(2), "module.teacher.conv0.0.0.weight": torch.zeros(2)}
    return {f"module.{key.replace('blocks.', 'block')}": each for key, each in held.items()} | more


def write(path: Path, *, is_trained: bool = False) -> Path:
    """Such a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: each.contiguous().clone() for key, each in tensors(is_trained=is_trained).items()}, path)
    return path


def drawn(held: dict[str, Tensor], one: Tensor, other: Tensor, moment: float) -> Tensor:
    """The picture between, step by step as the paper's code has it, from nothing but the weights."""
    seen = [_seen(held, each) for each in (one, other)]
    when = torch.full_like(one[:, :1], moment)
    flow = _block(held, 0, torch.cat([one, other, *seen, when], dim=1))
    flow, mask, handed = flow[:, :4], flow[:, 4:5], flow[:, 5:]
    for number in range(1, len(STEPS)):
        pictures = [_warped(one, flow[:, :2]), _warped(other, flow[:, 2:])]
        sights = [_warped(seen[0], flow[:, :2]), _warped(seen[1], flow[:, 2:])]
        found = _block(held, number, torch.cat([*pictures, *sights, when, mask, handed], dim=1), flow)
        flow, mask, handed = flow + found[:, :4], found[:, 4:5], found[:, 5:]
    mask = mask.sigmoid()
    return _warped(one, flow[:, :2]) * mask + _warped(other, flow[:, 2:]) * (1 - mask)


def _seen(held: dict[str, Tensor], x: Tensor) -> Tensor:
    for number in range(3):
        weight, bias = held[f"encode.cnn{number}.weight"], held[f"encode.cnn{number}.bias"]
        x = functional.leaky_relu(functional.conv2d(x, weight, bias, 1 if number else 2, 1), 0.2)
    return functional.conv_transpose2d(x, held["encode.cnn3.weight"], held["encode.cnn3.bias"], 2, 1)


def _block(held: dict[str, Tensor], number: int, x: Tensor, flow: Tensor | None = None) -> Tensor:
    own = {key.removeprefix(f"blocks.{number}."): each for key, each in held.items()}
    step = STEPS[number]
    x = functional.interpolate(x, scale_factor=1 / step, mode="bilinear")
    if flow is not None:
        x = torch.cat([x, functional.interpolate(flow, scale_factor=1 / step, mode="bilinear") / step], dim=1)
    for layer in range(2):
        x = functional.conv2d(x, own[f"conv0.{layer}.0.weight"], own[f"conv0.{layer}.0.bias"], 2, 1)
        x = functional.leaky_relu(x, 0.2)
    for layer in range(2):
        added = functional.conv2d(x, own[f"convblock.{layer}.conv.weight"], own[f"convblock.{layer}.conv.bias"], 1, 1)
        x = functional.leaky_relu(added * own[f"convblock.{layer}.beta"] + x, 0.2)
    x = functional.conv_transpose2d(x, own["lastconv.0.weight"], own["lastconv.0.bias"], 2, 1)
    x = functional.interpolate(functional.pixel_shuffle(x, 2), scale_factor=step, mode="bilinear")
    return torch.cat([x[:, :4] * step, x[:, 4:]], dim=1)


def _warped(x: Tensor, flow: Tensor) -> Tensor:
    height, width = x.shape[-2:]
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    grid = torch.stack([columns + flow[:, 0] / ((width - 1) / 2), rows + flow[:, 1] / ((height - 1) / 2)], dim=-1)
    return functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True)
