"""GGUF files: found, kept in few bits, and loaded as models."""

import struct
from pathlib import Path

import pytest
import torch

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.gguf.file import GgufFile
from nodes.diffusion.gguf.names import names_of
from nodes.diffusion.gguf.tensors import QuantisedTensor
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import newer_originals, originals
from tests.nodes.diffusion.gguf import files

CPU = Placement(torch.device("cpu"), torch.float32)


@pytest.mark.parametrize("family", ["flux", "z_image", "wan"])
def test_a_model_in_few_bits_loads(tmp_path: Path, family: str) -> None:
    build = {"flux": originals.flux, "z_image": newer_originals.z_image, "wan": newer_originals.wan}[family]
    original = build()
    path = files.write(tmp_path / "x.gguf", original.transformer(), files.Type.Q8_0)
    assert GgufFile(path).shapes == {key: tuple(tensor.shape) for key, tensor in original.transformer().items()}
    found = recognise(SingleFile(path), "model")
    assert found.family.name == family
    loaded = found.family.load_model(found.contents, CPU).network
    wanted = original.network.state_dict()
    for key, value in loaded.state_dict().items():
        assert (value - wanted[key]).abs().max() <= 0.02 * wanted[key].abs().max() + 1e-6, key
    assert any(isinstance(weight, QuantisedTensor) for weight in loaded.parameters())


@pytest.mark.parametrize("data", [b"GGUF" + bytes(3), b"", b"GGUF\x03\0\0\0" + b"\xff" * 16, b"PK\x03\x04" * 20])
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(ModelFileError, match="cannot be read as GGUF"):
        SingleFile(tmp_path / "x.gguf")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = files.write(tmp_path / "x.gguf", {"a.weight": torch.randn(64, 64)}, files.Type.Q8_0)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ModelFileError, match="ends too early"):
        SingleFile(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="missing, damaged or unfinished"):
        GgufFile(tmp_path / "x.gguf")


def test_language_models_have_the_names_of_transformers() -> None:
    t5 = ["token_embd.weight", "enc.blk.3.attn_q.weight", "enc.blk.0.attn_rel_b.weight", "enc.blk.1.ffn_gate.weight"]
    assert list(names_of(t5, "t5encoder")) == [
        "shared.weight",
        "encoder.block.3.layer.0.SelfAttention.q.weight",
        "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        "encoder.block.1.layer.1.DenseReluDense.wi_0.weight",
    ]
    qwen = ["blk.2.attn_q_norm.weight", "blk.0.attn_k.bias", "output_norm.weight"]
    assert list(names_of(qwen, "qwen3")) == [
        "model.layers.2.self_attn.q_norm.weight",
        "model.layers.0.self_attn.k_proj.bias",
        "model.norm.weight",
    ]
    assert names_of(["double_blocks.0.x"], "flux") == {"double_blocks.0.x": "double_blocks.0.x"}


def test_rows_that_llama_cpp_put_in_another_order_are_put_back(tmp_path: Path) -> None:
    weight = torch.randn(8, 32)
    turned = weight.reshape(2, 2, 2, 32).transpose(1, 2).reshape(8, 32)  # two heads of four rows
    tensors = {"blk.0.attn_q.weight": turned, "blk.0.attn_v.weight": turned}
    path = files.write(tmp_path / "x.gguf", tensors, files.Type.Q8_0, "llama", **{"llama.attention.head_count": 2})
    file = GgufFile(path)
    torch.testing.assert_close(file.tensor("model.layers.0.self_attn.q_proj.weight").float(), weight, atol=0.02, rtol=0)
    torch.testing.assert_close(file.tensor("model.layers.0.self_attn.v_proj.weight").float(), turned, atol=0.02, rtol=0)


def test_rows_that_are_no_whole_blocks_are_refused(tmp_path: Path) -> None:
    path = files.write(tmp_path / "x.gguf", {"a.weight": torch.randn(64, 64)}, files.Type.Q8_0)
    data = path.read_bytes()
    shape = struct.pack("<QQ", 64, 64)
    assert data.count(shape) == 1
    path.write_bytes(data.replace(shape, struct.pack("<QQ", 63, 64)))
    with pytest.raises(ModelFileError, match="no whole number of blocks"):
        SingleFile(path)


def test_lists_of_lists_are_refused(tmp_path: Path) -> None:
    deep = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<III", 9, 9, 9)
    (tmp_path / "x.gguf").write_bytes(deep)
    with pytest.raises(ModelFileError, match="list of lists"):
        GgufFile(tmp_path / "x.gguf")
