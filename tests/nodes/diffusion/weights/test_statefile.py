from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.errors import ModelFileError, PickleRefused
from nodes.diffusion.weights.statefile import PICKLES, StateFile, shapes_below


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tensors = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.bfloat16)}
    save_file(tensors, tmp_path / "x.safetensors", metadata={"author": "us"})
    return tmp_path / "x.safetensors"


def test_shapes_types_and_texts_are_known_from_the_header(path: Path):
    file = StateFile(path)
    assert dict(file.shapes) == {"a.weight": (2, 3), "b": (4,)}
    assert dict(file.dtypes) == {"a.weight": "F32", "b": "BF16"}
    assert dict(file.metadata) == {"author": "us"}
    assert "b" in file
    assert "c" not in file


def test_a_tensor_is_what_was_saved(path: Path):
    assert torch.equal(StateFile(path).tensor("a.weight"), torch.arange(6.0).reshape(2, 3))


def test_tensors_of_a_file_lie_in_one_mapping(path: Path):
    file = StateFile(path)
    again = StateFile(path)
    assert file.tensor("b").data_ptr() == file.tensor("b").data_ptr()
    assert file.tensor("b").data_ptr() != again.tensor("b").data_ptr()


def test_a_missing_tensor_is_named(path: Path):
    with pytest.raises(ModelFileError, match=r'x\.safetensors has no tensor "c"'):
        StateFile(path).tensor("c")


@pytest.mark.parametrize("suffix", sorted(PICKLES))
def test_a_pickle_is_refused_with_the_command_that_converts_it(tmp_path: Path, suffix: str):
    path = tmp_path / f"model{suffix}"
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(PickleRefused, match=r"python server\.py convert-model") as error:
        StateFile(path)
    assert str(path) in str(error.value)


def test_other_formats_are_refused(tmp_path: Path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelFileError, match="safetensors only"):
        StateFile(tmp_path / "model.gguf")


@pytest.mark.parametrize("content", [b"", b"not a header at all", (1 << 40).to_bytes(8, "little") + b"{}"])
def test_a_damaged_file_is_called_damaged(tmp_path: Path, content: bytes):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="cannot be read as safetensors"):
        StateFile(path)


def test_a_missing_file_is_called_missing(tmp_path: Path):
    with pytest.raises(ModelFileError, match="missing"):
        StateFile(tmp_path / "none.safetensors")


def test_a_truncated_file_is_called_unfinished(path: Path):
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelFileError, match="unfinished"):
        StateFile(path)


def test_shapes_below_a_prefix_lose_it():
    assert shapes_below({"a.b": (1,), "a.c": (2,), "b": (3,)}, "a.") == {"b": (1,), "c": (2,)}
