from pathlib import Path

import pytest
from safetensors.torch import save_file

from graph.errors import FolderError
from graph.folders import Folders
from graph.values import Blocker
from nodes.diffusion.errors import PickleRefused, UnsupportedModel
from nodes.diffusion.models import ModelRegistry
from nodes.models.loaders import load_checkpoint, load_diffusers, load_vae
from tests.nodes.diffusion import tiny


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(data=tmp_path / "data", models=[tmp_path / "models"])


@pytest.fixture
def services(folders: Folders) -> dict:
    return {"models": ModelRegistry("cpu", budget_bytes=1 << 30), "folders": folders}


def test_a_checkpoint_may_be_a_file_or_a_folder(services, folders, tmp_path):
    tiny.write_file(tmp_path / "models" / "checkpoints" / "a.safetensors")
    tiny.write_folder(tmp_path / "models" / "checkpoints" / "sub" / "b")
    assert folders.names("checkpoints") == ["a.safetensors", "sub/b"]
    for name in folders.names("checkpoints"):
        parts = load_checkpoint(name, **services)
        assert [each.source.component for each in parts] == ["model", "clip", "vae"]
        assert {each.source.digest for each in parts} == {folders.digest("checkpoints", name)}
    assert services["models"].held_bytes == 0


def test_a_part_that_is_missing_is_told_to_whoever_needs_it(services, tmp_path):
    tensors = tiny.original_tensors(tiny.build())
    folder = tmp_path / "models" / "checkpoints"
    folder.mkdir(parents=True)
    rest = {key: tensor for key, tensor in tensors.items() if not key.startswith("first_stage_model.")}
    save_file(rest, folder / "x.safetensors")
    parts = load_checkpoint("x.safetensors", **services)
    assert parts.MODEL.source.architecture == "sd1"
    assert isinstance(parts.VAE, Blocker)
    assert "VAELoader" in (parts.VAE.message or "")


def test_a_diffusers_folder_loads_from_its_own_place(services, tmp_path):
    tiny.write_folder(tmp_path / "models" / "diffusers" / "m")
    assert load_diffusers("m", **services).MODEL.source.path == tmp_path / "models" / "diffusers" / "m"


def test_an_autoencoder_loads_by_itself(services, tmp_path):
    tiny.write_file(tmp_path / "models" / "vae" / "v.safetensors")
    handle = load_vae("v.safetensors", **services)
    with services["models"].use_vae(handle) as autoencoder:
        assert autoencoder.latent_channels == 4


def test_pickles_and_strangers_are_refused(services, tmp_path):
    folder = tmp_path / "models" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "old.ckpt").write_bytes(b"\x80\x04")
    with pytest.raises(PickleRefused, match="convert-model"):
        load_checkpoint("old.ckpt", **services)
    save_file({"head.modulation": tiny.original_tensors(tiny.build())["alphas_cumprod"]}, folder / "w.safetensors")
    with pytest.raises(UnsupportedModel, match="looks like Wan"):
        load_checkpoint("w.safetensors", **services)


def test_names_stay_inside_their_folder(services):
    with pytest.raises(FolderError):
        load_checkpoint("../x.safetensors", **services)
