"""Files that may go: by age, never by accident."""

import os
from pathlib import Path

import pytest

from graph.folders import Folders
from graph.retention.keeping import DAY_SECONDS, Keep
from graph.retention.stale import remove, size_of, stale_files

NOW = 1_700_000_000.0


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(data=tmp_path / "data", models=[tmp_path / "models"])


def made(path: Path, days_old: float = 2, content: str = "abc") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (NOW - days_old * DAY_SECONDS,) * 2)
    return path


def stale(folders: Folders, keep: Keep, named: dict[str, set[str]] | None = None) -> dict[str, list[str]]:
    found = stale_files(folders, keep, named or {}, NOW)
    return {kind: sorted(each.path.name for each in files) for kind, files in found.items() if files}


def test_old_temporary_files_go_and_young_ones_stay(folders: Folders) -> None:
    made(folders.data / "temp" / "old.png")
    made(folders.data / "temp" / "deep" / "er" / "old2.png")
    made(folders.data / "temp" / f".{'a' * 32}.upload")
    made(folders.data / "temp" / "young.png", 0.5)
    assert stale(folders, Keep()) == {"temp": [f".{'a' * 32}.upload", "old.png", "old2.png"]}
    assert stale(folders, Keep(temp_seconds=None)) == {}


def test_results_of_people_stay_unless_somebody_asks(folders: Folders) -> None:
    made(folders.data / "output" / "picture.png", 10_000)
    assert stale(folders, Keep()) == {}
    assert stale(folders, Keep(outputs_seconds=30 * DAY_SECONDS)) == {"outputs": ["picture.png"]}


def test_inputs_always_stay_and_drafts_that_broke_off_go(folders: Folders) -> None:
    made(folders.data / "input" / "mine.png", 10_000)
    made(folders.data / "input" / ".hidden", 10_000)
    made(folders.data / "input" / "assets" / f".{'0' * 32}.tmp")
    made(folders.data / "output" / "set" / f".{'f' * 32}.tmp")
    made(folders.data / "output" / f".{'f' * 32}.tmp", 0.5)
    assert stale(folders, Keep()) == {"drafts": [f".{'f' * 32}.tmp", f".{'0' * 32}.tmp"][::-1]}


def test_what_a_waiting_job_will_read_stays(folders: Folders) -> None:
    made(folders.data / "temp" / "a" / "wanted.png")
    made(folders.data / "temp" / "other.png")
    assert stale(folders, Keep(), {"temp": {"a/wanted.png"}}) == {"temp": ["other.png"]}


@pytest.mark.parametrize("inner", ["output", "input", "models"])
def test_a_folder_of_results_below_the_temporary_one_is_not_swept_with_it(tmp_path: Path, inner: str) -> None:
    temp = tmp_path / "temp"
    places = {name: (temp if name == inner else tmp_path) / name for name in ("output", "input", "models")}
    folders = Folders(tmp_path, [places["models"]], places["output"], places["input"], temp)
    made(temp / "old.png")
    made(places[inner] / "precious.safetensors", 500)
    assert stale(folders, Keep()) == {"temp": ["old.png"]}


def test_a_temporary_folder_that_is_another_folder_too_is_left_alone(tmp_path: Path) -> None:
    for same in ({"output": tmp_path / "x"}, {"input": tmp_path / "x"}):
        folders = Folders(tmp_path / "data", [], temp=tmp_path / "x", **same)
        made(tmp_path / "x" / "precious.png")
        assert stale(folders, Keep()) == {}


def test_links_are_not_followed(folders: Folders, tmp_path: Path) -> None:
    precious = made(tmp_path / "elsewhere" / "precious.png", 500)
    (folders.data / "temp").mkdir(parents=True)
    (folders.data / "temp" / "folder").symlink_to(precious.parent)
    link = folders.data / "temp" / "link.png"
    link.symlink_to(precious)
    os.utime(link, (NOW - 5 * DAY_SECONDS,) * 2, follow_symlinks=False)
    found = stale_files(folders, Keep(), {}, NOW)["temp"]
    assert [each.path for each in found] == [link]
    remove(found, folders.data / "temp")
    assert precious.read_text() == "abc"


def test_removing_takes_empty_folders_along_and_counts(folders: Folders) -> None:
    temp = folders.data / "temp"
    made(temp / "a" / "b" / "old.png")
    made(temp / "c" / "old.png", content="12345")
    made(temp / "c" / "young.png", 0)
    assert remove(stale_files(folders, Keep(), {}, NOW)["temp"], temp) == (2, 8)
    assert sorted(path.relative_to(temp).as_posix() for path in temp.rglob("*")) == ["c", "c/young.png"]
    assert size_of(temp) == (1, 3)
    assert size_of(temp / "absent") == (0, 0)


def test_what_is_gone_already_is_not_counted(folders: Folders) -> None:
    made(folders.data / "temp" / "old.png")
    found = stale_files(folders, Keep(), {}, NOW)["temp"]
    found[0].path.unlink()
    assert remove(found, folders.data / "temp") == (0, 0)
