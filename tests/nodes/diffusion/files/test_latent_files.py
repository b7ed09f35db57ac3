"""Latents as files, ours and those that others wrote."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from nodes.diffusion.errors import LatentFileError
from nodes.diffusion.files.latent_files import encode, read
from nodes.diffusion.types import Latent


def test_a_latent_comes_back_whole(tmp_path: Path) -> None:
    latent: Latent = {
        "samples": torch.randn(2, 4, 3, 5).transpose(2, 3),
        "noise_mask": torch.rand(1, 1, 24, 40),
        "batch_index": [4, 7],
    }
    (tmp_path / "x.latent").write_bytes(encode(latent, {"prompt": "{}"}))
    again = read(tmp_path / "x.latent")
    assert again.keys() == latent.keys()
    assert torch.equal(again["samples"], latent["samples"])
    assert torch.equal(again["noise_mask"], latent["noise_mask"])
    assert again["batch_index"] == [4, 7]
    with safe_open(tmp_path / "x.latent", "pt") as file:
        assert file.metadata() == {"prompt": "{}"}


def test_only_what_is_there_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.latent").write_bytes(encode({"samples": torch.zeros(1, 4, 2, 2)}, {}))
    assert read(tmp_path / "x.latent").keys() == {"samples"}


def test_files_without_a_version_hold_scaled_samples(tmp_path: Path) -> None:
    save_file({"latent_tensor": torch.full((1, 4, 2, 2), 0.18215)}, tmp_path / "x.latent")
    assert torch.allclose(read(tmp_path / "x.latent")["samples"], torch.ones(1, 4, 2, 2))


def test_half_precision_is_read_as_float(tmp_path: Path) -> None:
    tensors = {"latent_tensor": torch.ones(1, 4, 2, 2).half(), "latent_format_version_0": torch.zeros(0)}
    save_file(tensors, tmp_path / "x.latent")
    assert read(tmp_path / "x.latent")["samples"].dtype is torch.float32


@pytest.mark.parametrize("content", [b"", b"no latent at all", (2**60).to_bytes(8, "little")])
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.latent").write_bytes(content)
    with pytest.raises(LatentFileError, match=r'"x\.latent" holds no latent'):
        read(tmp_path / "x.latent")


def test_other_tensors_are_no_latent(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / "x.latent")
    with pytest.raises(LatentFileError, match="choose a file that SaveLatent wrote"):
        read(tmp_path / "x.latent")
