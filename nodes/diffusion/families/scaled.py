"""Weights in scaled eight-bit numbers: a float8 tensor with a number beside it that every element is multiplied by.

Published conversions write `<layer>.scale_weight` and a marker `scaled_fp8`, newer ones `<layer>.weight_scale`; both
may add a scale for inputs, which computing in a higher precision has no use for.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.gguf.file import GgufFile
from nodes.diffusion.weights.statefile import StateFile

_SCALES = ("scale_weight", "weight_scale")
_BESIDE = (*_SCALES, "scale_input", "input_scale", "scaled_fp8", "comfy_quant")
_EIGHT_BITS = ("F8_E4M3", "F8_E5M2")


def plain_shapes(file: StateFile | GgufFile) -> Mapping[str, tuple[int, ...]]:
    """The shapes of a file's weights, without what stands beside eight-bit weights."""
    return {key: shape for key, shape in file.shapes.items() if key.rpartition(".")[2] not in _BESIDE}


def plain_tensor(file: StateFile | GgufFile, key: str) -> Tensor:
    """A weight as the network computes with it; a view of the file unless it has a scale.

    Raises:
        UnsupportedModel: it is stored in whole numbers, which only the tool that made them can read.
    """
    kind = file.dtypes[key] if key in file else ""
    layer, _, name = key.rpartition(".")
    scale = next((f"{layer}.{each}" for each in _SCALES if name == "weight" and f"{layer}.{each}" in file), None)
    if scale is None:
        return file.tensor(key)
    if kind not in _EIGHT_BITS:
        raise UnsupportedModel(
            f'{file.path.name} holds "{key}" in numbers of the kind {kind} with a scale, which cannot be read; use the '
            "model in bfloat16, float16, or scaled float8."
        )
    factor = file.tensor(scale).float()
    if factor.numel() > 1:  # one for each row
        factor = factor.reshape(-1, *[1] * (len(file.shapes[key]) - 1))
    return (file.tensor(key).float() * factor).to(torch.bfloat16)
