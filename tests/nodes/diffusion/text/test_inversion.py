from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.errors import PickleRefused
from nodes.diffusion.text.inversion import read_inversion

VECTORS = torch.arange(8.0).reshape(2, 4)


@pytest.fixture
def find(tmp_path: Path):
    save_file({"emb_params": VECTORS}, tmp_path / "style.safetensors")
    save_file({"clip_g": torch.zeros(1, 9), "clip_l": VECTORS}, tmp_path / "both.safetensors")
    save_file({"anything": VECTORS[0]}, tmp_path / "one.v2.safetensors")
    torch.save({"x": VECTORS}, tmp_path / "old.pt")
    return lambda name: tmp_path / name if (tmp_path / name).is_file() else None


@pytest.mark.parametrize(
    ("piece", "rest"),
    [
        ("embedding:style", ""),
        ("embedding:style.safetensors", ""),
        ("embedding:both", ""),
        ("embedding:style a cat", "a cat"),
        ("embedding:style, a  cat", ", a cat"),
        ("embedding:style\n", ""),
        ("embedding:style<x>", "<x>"),
    ],
)
def test_vectors_and_the_words_behind_them_are_found(find, piece, rest):
    inversion = read_inversion(piece, 4, find)
    assert torch.equal(inversion.vectors, VECTORS)
    assert inversion.rest == rest


def test_a_single_vector_is_one_token(find):
    assert torch.equal(read_inversion("embedding:one.v2", 4, find).vectors, VECTORS[:1])


@pytest.mark.parametrize("piece", ["embedding:none, a cat", "embedding:none , a cat"])
def test_what_is_not_there_is_left_out_with_a_warning(find, caplog, piece):
    inversion = read_inversion(piece, 4, find)
    assert inversion.vectors is None
    assert inversion.rest == ", a cat"
    assert '"none' in caplog.text


def test_a_mark_without_a_name_is_left_out(find, caplog):
    assert read_inversion("embedding:", 4, find).rest == ""


def test_vectors_for_another_text_encoder_are_left_out_with_a_warning(find, caplog):
    assert read_inversion("embedding:style", 768, find).vectors is None
    assert "width 4" in caplog.text


def test_a_pickle_is_refused(find):
    with pytest.raises(PickleRefused, match="convert-model"):
        read_inversion("embedding:old", 4, find)
