"""Training all weights of a UNet further: a new folder that loads, beside the old one that stays as it was."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.files.picture_files import encode_png
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.training.finetune import WEIGHTS, FinetuneSettings, finetune, main
from nodes.diffusion.training.finetuning.loop import LoopSettings
from tests.nodes.diffusion import tiny


def put(folder: Path, name: str, width: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.png").write_bytes(encode_png(torch.rand(64, width, 3), {}))
    (folder / f"{name}.txt").write_text("a red circle")


def test_a_new_model_is_written_and_the_old_one_stays(tmp_path: Path) -> None:
    model = tiny.write_folder(tmp_path / "old")
    before = load_file(model / "unet" / WEIGHTS)
    put(tmp_path / "pictures", "square", 64)
    put(tmp_path / "pictures", "wide", 128)
    options = {"--model": str(model), "--steps": "2", "--batch": "2", "--side": "64", "--learning-rate": "0.01"}
    main([str(tmp_path / "pictures"), str(tmp_path / "new"), *(each for pair in options.items() for each in pair)])
    after = load_file(tmp_path / "new" / "unet" / WEIGHTS)
    assert {key: each.dtype for key, each in after.items()} == {key: each.dtype for key, each in before.items()}
    assert any(not torch.equal(before[key], after[key]) for key in before)
    assert all(torch.equal(each, before[key]) for key, each in load_file(model / "unet" / WEIGHTS).items())
    with (models := ModelRegistry("cpu")).use_model(models.checkpoint(tmp_path / "new").model) as network:
        assert network.context_width == tiny.WIDTH
    assert [each.name for each in tmp_path.glob("*.safetensors")] == []


def test_other_things_than_diffusers_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="no diffusers folder"):
        finetune(tmp_path, tmp_path, tmp_path / "new", FinetuneSettings(), LoopSettings(1))
