from pathlib import Path

import pytest

from graph.errors import FolderError
from graph.model_paths import read_model_paths
from graph.settings import Settings

FILE = """
other:
    base_path: elsewhere
    is_default: true
    checkpoints: models/Stable-diffusion
    unet: |
        models/unet
        models/diffusion

    my_adapters: adapters/
    custom_nodes: packs
empty:
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "extra_model_paths.yaml"
    file.write_text(text)
    return file


def test_every_line_becomes_a_directory_relative_to_the_file(tmp_path: Path):
    found = read_model_paths(write(tmp_path, FILE))
    base = tmp_path / "elsewhere"
    assert found.models == {
        "checkpoints": (str(base / "models/Stable-diffusion"),),
        "diffusion_models": (str(base / "models/unet"), str(base / "models/diffusion")),
        "my_adapters": (str(base / "adapters"),),
    }
    assert found.node_packs == (str(base / "packs"),)


def test_files_in_extra_directories_are_found_after_those_below_the_roots(tmp_path: Path):
    extra = read_model_paths(write(tmp_path, FILE)).models
    for path in ("elsewhere/models/Stable-diffusion/b.safetensors", "models/checkpoints/a.safetensors"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    settings = Settings(data=str(tmp_path), models=(str(tmp_path / "models"),), extra_models=extra)
    folders = Settings.from_data(settings.absolute().to_data()).folders
    assert folders.names("checkpoints") == ["a.safetensors", "b.safetensors"]
    assert folders.path("checkpoints", "b.safetensors").is_file()
    assert folders.names("my_adapters") == []
    assert "my_adapters" in folders.model_folders()


@pytest.mark.parametrize("text", ["- a list", "a: [1, 2", "a:\n  checkpoints: [x]", "a: text"])
def test_a_file_that_says_something_else_is_refused_by_name(tmp_path: Path, text: str):
    with pytest.raises(FolderError, match=r"extra_model_paths\.yaml"):
        read_model_paths(write(tmp_path, text))


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(FolderError, match=r"nowhere\.yaml cannot be read"):
        read_model_paths(tmp_path / "nowhere.yaml")
