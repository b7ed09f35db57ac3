"""Sets of pictures in graphs."""

from pathlib import Path

import pytest
import torch

from graph.artefacts import Artefacts
from graph.context import Context
from graph.folders import Folders
from nodes.datasets import training_sets
from nodes.diffusion.files.picture_files import encode_png
from nodes.diffusion.models import ModelRegistry
from tests.nodes.diffusion import tiny
from tests.nodes.test_running import House


@pytest.fixture(scope="module")
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(encode_png(torch.rand(32, 32, 3), {}))
    (folder / f"{name}.txt").write_text(text)


def test_a_folder_of_pictures_runs_once_for_each_and_again_when_it_changes(tmp_path: Path) -> None:
    put(tmp_path / "input" / "cats", "a", "one")
    put(tmp_path / "input" / "cats", "b", "two")
    graph = {
        "load": ("LoadImageTextDataSetFromFolder", {"folder": "cats"}),
        "show": ("PreviewAny", {"source": ["load", 1]}),
        "save": ("SaveImageDataSetToFolder", {"images": ["load", 0], "folder_name": "set", "mode": "increment"}),
    }
    house = House(tmp_path)
    outcome = house.run(graph)
    assert outcome.ui["show"] == {"text": ["one", "two"]}
    assert house.folders.names("output") == ["set/image_00000.png", "set/image_00001.png"]
    assert house.run(graph).executed == ()
    put(tmp_path / "input" / "cats", "c", "three")
    assert house.run(graph).ui["show"] == {"text": ["one", "two", "three"]}
    assert len(house.folders.names("output")) == 5
    images = training_sets.load_image_data_set_from_folder("cats", folders=house.folders).images
    assert [tuple(each.shape) for each in images] == [(1, 32, 32, 3)] * 3


def test_overwriting_begins_at_the_first_number(tmp_path: Path) -> None:
    folders, artefacts = Folders(data=tmp_path), Artefacts(Folders(data=tmp_path))
    for _ in range(2):
        training_sets.save_image_data_set_to_folder(
            [torch.rand(2, 4, 4, 3)], ["s"], ["p"], ["overwrite"], ctx=Context(), artefacts=artefacts, folders=folders
        )
    assert folders.names("output") == ["s/p_00000.png", "s/p_00001.png"]


def test_pictures_and_captions_are_encoded_once_saved_and_loaded(registry: ModelRegistry, tmp_path: Path) -> None:
    loaded = registry.checkpoint(tiny.write_folder(tmp_path / "model"))
    folders = Folders(data=tmp_path)
    made = training_sets.make_training_dataset(
        [torch.rand(2, 32, 32, 3), torch.rand(1, 32, 64, 3)],
        [loaded.vae],
        [loaded.clip],
        ["red", "red", "blue"],
        ctx=Context(),
        models=registry,
        folders=folders,
    )
    assert [tuple(each["samples"].shape) for each in made.latents] == [(1, 4, 4, 4), (1, 4, 4, 4), (1, 4, 4, 8)]
    assert torch.equal(made.conditioning[0][0][0], made.conditioning[1][0][0])
    assert not torch.equal(made.conditioning[0][0][0], made.conditioning[2][0][0])
    training_sets.save_training_dataset(
        list(made.latents), list(made.conditioning), ["t"], [2], ctx=Context(), artefacts=Artefacts(folders)
    )
    again = training_sets.load_training_dataset("t", folders=folders)
    assert torch.equal(again.latents[2]["samples"], made.latents[2]["samples"])
    batches = training_sets.resolution_bucket(list(again.latents), list(again.conditioning))
    assert [len(each["samples"]) for each in batches.latents] == [2, 1]
    assert [len(each) for each in batches.conditioning] == [2, 1]
