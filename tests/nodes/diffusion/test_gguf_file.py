"""GGUF files: found, multiplied out, and loaded as models."""

from pathlib import Path

import gguf
import numpy
import pytest
import torch

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.gguf_file import GgufFile
from nodes.diffusion.memory import Placement
from tests.nodes.diffusion import newer_originals, originals


def write(path: Path, tensors: dict[str, torch.Tensor], kind: gguf.GGMLQuantizationType) -> Path:
    """A file with matrices in few bits and all else as it is; five-dimensional tensors lie flat."""
    writer = gguf.GGUFWriter(path, "flux")
    for key, tensor in tensors.items():
        values = tensor.float().contiguous().numpy()
        if values.ndim > 4:
            writer.add_array(f"comfy.gguf.orig_shape.{key}", [int(side) for side in values.shape])
            values = values.reshape(values.shape[0], -1)
        if values.ndim == 2 and values.shape[1] % 32 == 0:
            writer.add_tensor(key, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(key, values.astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("family", ["flux", "z_image", "wan"])
def test_a_model_in_few_bits_loads(tmp_path: Path, family: str) -> None:
    build = {"flux": originals.flux, "z_image": newer_originals.z_image, "wan": newer_originals.wan}[family]
    original = build()
    path = write(tmp_path / "x.gguf", original.transformer(), gguf.GGMLQuantizationType.Q8_0)
    assert GgufFile(path).shapes == {key: tuple(tensor.shape) for key, tensor in original.transformer().items()}
    found = recognise(SingleFile(path), "model")
    assert found.family.name == family
    loaded = found.family.load_model(found.contents, Placement(torch.device("cpu"), torch.float32)).network
    wanted = original.network.state_dict()
    for key, value in loaded.state_dict().items():
        assert (value - wanted[key]).abs().max() <= 0.02 * wanted[key].abs().max() + 1e-6, key


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(3))
    with pytest.raises(ModelFileError, match="cannot be read as GGUF"):
        SingleFile(tmp_path / "x.gguf")
