"""GGUF files for tests, written by the package that people write them with."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy
import torch

Type = gguf.GGMLQuantizationType


def blocks(kind: Type, rows: int, columns: int, seed: int = 0) -> numpy.ndarray:
    """Random rows of blocks, whose scales are ordinary numbers."""
    count, nbytes = gguf.GGML_QUANT_SIZES[kind]
    generator = numpy.random.default_rng(seed)
    data = generator.integers(0, 256, (rows * columns // count, nbytes), dtype=numpy.uint8)
    halves = {
        "Q2_K": (80, 82),
        "Q3_K": (108,),
        "Q6_K": (208,),
        **dict.fromkeys(("Q4_1", "Q5_1", "Q4_K", "Q5_K"), (0, 2)),
    }.get(kind.name, (0,))
    for start in halves:
        scale = generator.uniform(-0.1, 0.1, len(data)).astype(numpy.float16)
        data[:, start : start + 2] = scale.view(numpy.uint8).reshape(-1, 2)
    return data.reshape(rows, -1)


def write(
    path: Path,
    tensors: Mapping[str, torch.Tensor],
    kind: Type,
    architecture: str = "flux",
    **numbers: int,
) -> Path:
    """A file with matrices in few bits and all else as it is; five-dimensional tensors lie flat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, architecture)
    for name, number in numbers.items():
        writer.add_uint32(name, number)
    for key, tensor in tensors.items():
        values = tensor.float().contiguous().numpy()
        if values.ndim > 4:
            writer.add_array(f"comfy.gguf.orig_shape.{key}", [int(side) for side in values.shape])
            values = values.reshape(values.shape[0], -1)
        if values.ndim == 2 and values.shape[1] % gguf.GGML_QUANT_SIZES[kind][0] == 0:
            writer.add_tensor(key, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(key, values.astype(numpy.float32))
    return _finished(writer, path)


def write_raw(path: Path, tensors: Mapping[str, tuple[numpy.ndarray, Type]]) -> Path:
    """A file with tensors that are in their few bits already."""
    writer = gguf.GGUFWriter(path, "flux")
    for key, (data, kind) in tensors.items():
        writer.add_tensor(key, data, raw_dtype=kind)
    return _finished(writer, path)


def _finished(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
