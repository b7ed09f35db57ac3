"""Tiny random upscalers in every layout that files have."""

import re
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

LAYOUTS = ("old", "official", "current", "wrapped")
WIDTH, GROWTH, BLOCKS = 8, 4, 2


def rrdb(scale: int = 4, *, folds: int = 1, is_plus: bool = False, seed: int = 0) -> dict[str, Tensor]:
    """An ESRGAN in the current layout; `folds` is by how much pixels are folded at the start."""
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, Tensor] = {}

    def conv(name: str, out: int, into: int, size: int = 3, has_bias: bool = True) -> None:
        weights[f"{name}.weight"] = torch.randn(out, into, size, size, generator=generator) / (3 * into**0.5)
        if has_bias:
            weights[f"{name}.bias"] = 0.1 * torch.randn(out, generator=generator)

    conv("conv_first", WIDTH, 3 * folds**2)
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for number in range(5):
                out = WIDTH if number == 4 else GROWTH
                conv(f"body.{block}.rdb{dense}.conv{number + 1}", out, WIDTH + number * GROWTH)
            if is_plus:
                conv(f"body.{block}.rdb{dense}.conv1x1", GROWTH, WIDTH, 1, has_bias=False)
    conv("conv_body", WIDTH, WIDTH)
    for number in range((scale * folds).bit_length() - 1):
        conv(f"conv_up{number + 1}", WIDTH, WIDTH)
    conv("conv_hr", WIDTH, WIDTH)
    conv("conv_last", 3, WIDTH)
    return weights


def compact(scale: int = 2, seed: int = 0) -> dict[str, Tensor]:
    """A compact network."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for number in range(0, 7, 2):
        into, out = (3 if number == 0 else WIDTH), (3 * scale**2 if number == 6 else WIDTH)
        weights[f"body.{number}.weight"] = torch.randn(out, into, 3, 3, generator=generator) / (3 * into**0.5)
        weights[f"body.{number}.bias"] = 0.1 * torch.randn(out, generator=generator)
        if number < 6:
            weights[f"body.{number + 1}.weight"] = torch.rand(WIDTH, generator=generator)
    return weights


def in_layout(weights: dict[str, Tensor], layout: str) -> dict[str, Tensor]:
    """The same ESRGAN as other tools write it."""
    if layout == "current":
        return weights
    if layout == "wrapped":
        return {f"params_ema.{key}": value for key, value in weights.items()}
    ups = len({key.split(".")[0] for key in weights if key.startswith("conv_up")})
    rename = _official if layout == "official" else lambda key: _old(key, ups)
    return {rename(key): value for key, value in weights.items()}


def write(path: Path, weights: dict[str, Tensor]) -> Path:
    """A file; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path)
    return path


def _official(key: str) -> str:
    key = re.sub(r"body\.(\d+)\.rdb(\d)", r"RRDB_trunk.\1.RDB\2", key)
    for new, old in (("conv_body", "trunk_conv"), ("conv_up", "upconv"), ("conv_hr", "HRconv")):
        key = key.replace(new, old)
    return key


def _old(key: str, ups: int) -> str:
    if match := re.fullmatch(r"body\.(\d+)\.rdb(\d)\.conv(\d|1x1)\.(.+)", key):
        inner = "" if match[3] == "1x1" else ".0"
        return f"model.1.sub.{match[1]}.RDB{match[2]}.conv{match[3]}{inner}.{match[4]}"
    name, parameter = key.split(".")
    places = {"conv_first": "0", "conv_body": f"1.sub.{BLOCKS}"}
    places |= {f"conv_up{number}": str(3 * number) for number in range(1, ups + 1)}
    places |= {"conv_hr": str(3 * ups + 2), "conv_last": str(3 * ups + 4)}
    return f"model.{places[name]}.{parameter}"
