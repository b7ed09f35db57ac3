"""File names, paths that stay inside, digests that notice changes."""

import os
from pathlib import Path

import pytest

from graph.errors import FolderError
from graph.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    models = tmp_path / "models"
    (models / "checkpoints" / "sub").mkdir(parents=True)
    (models / "checkpoints" / "sub" / "a.safetensors").write_bytes(b"weights")
    (models / "checkpoints" / "notes.txt").write_text("not a model")
    pipeline = models / "checkpoints" / "pipeline"
    (pipeline / "unet").mkdir(parents=True)
    (pipeline / "model_index.json").write_text("{}")
    (pipeline / "unet" / "model.safetensors").write_bytes(b"unet")
    (models / "clip").mkdir()
    (models / "clip" / "l.safetensors").write_bytes(b"clip")
    (tmp_path / "data" / "input").mkdir(parents=True)
    (tmp_path / "data" / "input" / "photo.png").write_bytes(b"png")
    return Folders(data=tmp_path / "data", models=[models])


def test_model_files_and_model_directories_are_listed_by_relative_name(folders: Folders) -> None:
    assert folders.names("checkpoints") == ["pipeline", "sub/a.safetensors"]
    assert folders.names("text_encoders") == ["l.safetensors"]
    assert folders.names("input") == ["photo.png"]
    assert folders.names("loras") == []


def test_an_unknown_folder_is_refused_with_the_known_ones(folders: Folders) -> None:
    with pytest.raises(FolderError, match=r'There is no folder "nonsense"; folders are .*checkpoints'):
        folders.names("nonsense")


def test_windows_separators_mean_the_same_file(folders: Folders) -> None:
    assert folders.path("checkpoints", "sub\\a.safetensors") == folders.path("checkpoints", "sub/a.safetensors")


def test_a_suffix_says_which_data_folder_is_meant(folders: Folders) -> None:
    (folders.data / "output").mkdir()
    (folders.data / "output" / "made.png").write_bytes(b"png")
    assert folders.path("input", "made.png [output]").read_bytes() == b"png"


@pytest.mark.parametrize("name", ["../secret", "sub/../../x", "/etc/passwd", "", "a\0b", "C:x", "sub//a", "."])
def test_a_name_that_could_leave_its_folder_is_refused(folders: Folders, name: str) -> None:
    with pytest.raises(FolderError):
        folders.path("checkpoints", name)


def test_a_link_that_leads_outside_is_not_followed(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(b"secret")
    (folders.data / "input" / "link.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(FolderError):
        folders.path("input", "link.png")


def test_models_may_be_links_to_where_they_are_kept(folders: Folders, tmp_path: Path) -> None:
    elsewhere = tmp_path / "large disk"
    elsewhere.mkdir()
    (elsewhere / "b.safetensors").write_bytes(b"weights")
    checkpoints = folders.directories("checkpoints")[0]
    (checkpoints / "link.safetensors").symlink_to(elsewhere / "b.safetensors")
    (checkpoints / "more").symlink_to(elsewhere)
    assert {"link.safetensors", "more/b.safetensors"} < set(folders.names("checkpoints"))
    for name in ("link.safetensors", "more/b.safetensors"):
        assert folders.path("checkpoints", name).read_bytes() == b"weights"


def test_a_link_among_saved_models_is_not_followed_outside(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "secret.safetensors").write_bytes(b"secret")
    saved = folders.data / "output" / "checkpoints"
    saved.mkdir(parents=True)
    (saved / "link.safetensors").symlink_to(tmp_path / "secret.safetensors")
    with pytest.raises(FolderError):
        folders.path("checkpoints", "link.safetensors")


def test_a_missing_file_says_where_it_was_looked_for(folders: Folders) -> None:
    with pytest.raises(FolderError, match=r'"b\.safetensors" is not in the folder "checkpoints" \(.*checkpoints'):
        folders.path("checkpoints", "b.safetensors")


def test_the_digest_follows_the_content_and_not_the_name(folders: Folders) -> None:
    first = folders.digest("input", "photo.png")
    (folders.data / "input" / "copy.png").write_bytes(b"png")
    assert folders.digest("input", "copy.png") == first
    (folders.data / "input" / "photo.png").write_bytes(b"gnp")
    os.utime(folders.data / "input" / "photo.png", ns=(1, 1))
    assert folders.digest("input", "photo.png") != first


def test_the_digest_of_a_directory_follows_each_of_its_files(folders: Folders) -> None:
    first = folders.digest("checkpoints", "pipeline")
    weights = folders.path("checkpoints", "pipeline") / "unet" / "model.safetensors"
    weights.write_bytes(b"other weights")
    assert folders.digest("checkpoints", "pipeline") != first


def test_digests_are_remembered_by_the_next_process(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    first = folders.digest("input", "photo.png")
    monkeypatch.setattr("graph.folders.blake3", None)  # hashing again would fail
    again = Folders(data=folders.data, models=folders.models)
    assert again.digest("input", "photo.png") == first


def test_a_damaged_digest_store_is_ignored(folders: Folders) -> None:
    store = folders.data / "cache" / "digests.json"
    store.parent.mkdir()
    store.write_text("{broken")
    assert len(folders.digest("input", "photo.png")) == 64


def test_sub_folders_of_the_input_are_named_like_files(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)
    (tmp_path / "input" / "cats" / "3_tabby").mkdir(parents=True)
    (tmp_path / "input" / "cats" / "a.txt").write_text("a")
    (tmp_path / "input" / ".hidden").mkdir()
    assert folders.names("input_folders") == ["cats", "cats/3_tabby"]
    assert folders.path("input_folders", "cats") == tmp_path / "input" / "cats"
    before = folders.digest("input_folders", "cats")
    (tmp_path / "input" / "cats" / "3_tabby" / "b.txt").write_text("b")
    assert folders.digest("input_folders", "cats") != before


def test_models_that_nodes_saved_can_be_loaded(folders: Folders) -> None:
    saved = folders.directories("output")[0] / "loras" / "made.safetensors"
    saved.parent.mkdir(parents=True)
    saved.write_bytes(b"weights")
    assert "made.safetensors" in folders.names("loras")
    assert folders.path("loras", "made.safetensors") == saved
