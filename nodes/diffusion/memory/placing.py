"""Where models are put and in which precision: the one place that decides, and how much memory there is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import torch

from nodes.diffusion.errors import ModelError
from nodes.diffusion.types import Component

Precision = Literal["auto", "fp32", "bf16", "fp16"]
Precisions = Mapping[Component, Precision]
"""What each part of a model computes in; a part that is left out is decided by itself."""

SMALL_PARAMETERS = 48_000_000
"""Models below this stay in float32 on every device: they are quick anyway, and pictures are the same everywhere."""
SMALL_TEXT_PARAMETERS = 1_000_000_000
"""CLIP text encoders compute in float32, as the ecosystem does; only language models are larger than this."""
CPU_SHARE = 0.6
GPU_SHARE = 0.85
"""Share of the free memory that weights may take; the rest is for what is computed with them."""

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Placement:
    """On which device a model lives, and in which precision it computes."""

    device: torch.device
    dtype: torch.dtype
    is_streamed: bool = False
    """Whether weights stay as their file has them, outside of the device, until `memory.streaming` moves them there
    block by block."""


def place(
    component: Component,
    parameters: int,
    device: torch.device,
    precision: Precision = "auto",
    *,
    is_wide: bool = False,
) -> Placement:
    """Decide where a part of a model goes.

    Args:
        component: which part: text encoders and autoencoders are more sensitive than diffusion models.
        parameters: how many weights it has.
        device: where models run in this process.
        precision: what the user asked for; `auto` takes what suits device and part.
        is_wide: whether its family computes with numbers that float16 cannot hold, as flow transformers do.
    """
    if precision != "auto":
        return Placement(device, _DTYPES[precision])
    small = SMALL_TEXT_PARAMETERS if component == "clip" else SMALL_PARAMETERS
    if parameters < small:
        return Placement(device, torch.float32)
    bfloat16 = torch.bfloat16 if has_bfloat16(device) else torch.float32
    if component != "model":
        return Placement(device, bfloat16)  # autoencoders overflow in float16
    return Placement(device, bfloat16 if is_wide or device.type == "cpu" else torch.float16)


def in_wide(placement: Placement) -> Placement:
    """A placement for a network whose numbers float16 cannot hold: in bfloat16 instead, or float32 without that."""
    if placement.dtype != torch.float16:
        return placement
    return replace(placement, dtype=torch.bfloat16 if has_bfloat16(placement.device) else torch.float32)


def precisions_of(text: str) -> Precisions:
    """The precisions that a setting names: `bf16` for all parts, or `model=bf16,vae=fp32`.

    Raises:
        ModelError: it names none.
    """
    precisions: dict[Component, Precision] = {}
    for each in filter(None, (word.strip() for word in text.split(","))):
        part, _, precision = each.rpartition("=")
        named = [known for known in get_args(Component) if part in ("", known)]
        if precision not in get_args(Precision) or not named:
            raise ModelError(
                f'"{each}" is no precision: it is {", ".join(get_args(Precision))}, or one of them for a part, such as '
                "vae=fp32."
            )
        precisions |= dict.fromkeys(named, precision)
    return precisions


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 faster than in float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.backends.mkldnn.is_available() and _cpu_multiplies_bfloat16())


def available_bytes(device: torch.device) -> int:
    """How much memory is free on a device now."""
    if device.type == "cuda":
        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # kept by torch for new tensors
        return torch.cuda.mem_get_info(device)[0] + held
    return min(_system_bytes(), _container_bytes())


def budget_for(device: torch.device) -> int:
    """How many bytes of weights may stay on a device."""
    return int(available_bytes(device) * (GPU_SHARE if device.type == "cuda" else CPU_SHARE))


def _cpu_multiplies_bfloat16() -> bool:
    flags = Path("/proc/cpuinfo")
    if not flags.is_file():
        return False
    text = flags.read_text(encoding="utf-8", errors="replace")
    return "avx512_bf16" in text or "amx_bf16" in text


def _system_bytes() -> int:
    """Memory that can be had without swapping."""
    table = Path("/proc/meminfo")
    if table.is_file():
        for line in table.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _container_bytes() -> int:
    """What the control group of this process still allows; without a limit, more than anybody has."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 1 << 62
    return 1 << 62 if limit == "max" else max(0, int(limit) - used)
