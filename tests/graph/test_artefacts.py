"""The store of results: names, atomic files, several writers, and what is found again."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from blake3 import blake3

from graph import artefacts as artefacts_module
from graph.artefact_names import Name
from graph.artefacts import Artefact, Artefacts
from graph.cache.entry import Entry
from graph.errors import FolderError
from graph.faults import VARIABLE
from graph.folders import Folders
from graph.spec import NodeSpec

NOW = datetime(2026, 3, 4, 5, 6, 7)


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(Folders(data=tmp_path))


@pytest.mark.parametrize(
    ("prefix", "parts"),
    [
        ("ComfyUI", ("", "ComfyUI")),
        ("a/b/c", ("a/b", "c")),
        ("a\\b", ("a", "b")),
        ("./a//b", ("a", "b")),
        ("a/", ("a", "")),
        ("", ("", "")),
        ("%year%-%month%-%day%/%hour%%minute%%second%", ("2026-03-04", "050607")),
        ("%width%x%height%_%batch_num%", ("", "640x480_3")),
        ("%date:yyyy-MM-dd%/%date:hhmmss%", ("2026-03-04", "050607")),
        ("%date:yy M d%", ("", "26 3 4")),
        ("100%", ("", "100%")),
        ("%Sampler.seed%", ("", "%Sampler.seed%")),
        ('what? <is> "it"', ("", "what_ _is_ _it_")),
        ("zug\0spitze\ud800", ("", "zug_spitze_")),
        ("Bär 🐻", ("", "Bär 🐻")),
    ],
)
def test_a_prefix_becomes_a_folder_and_a_stem(prefix: str, parts: tuple[str, str]) -> None:
    assert Name(prefix, ".png", width=640, height=480).parts(3, NOW) == parts


@pytest.mark.parametrize("prefix", ["../x", "a/../../x", "/etc/x", "..", "a/.hidden/b", ".x", "\\x", "ä" * 101])
def test_a_prefix_that_leaves_the_folder_hides_or_is_too_long_is_refused(prefix: str) -> None:
    with pytest.raises(FolderError):
        Name(prefix, ".png").parts(0, NOW)


def test_names_count_up_from_what_is_there(artefacts: Artefacts, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    for taken in ("x_00007_.png", "x_y_00090_.png", "xy_00080_.png", "x_00070.png"):
        (tmp_path / "output" / taken).touch()
    assert artefacts.write(Name("x", ".png"), b"1") == Artefact("x_00008_.png", "", "output", blake3(b"1").hexdigest())
    assert artefacts.write(Name("x", ".png"), b"2").filename == "x_00009_.png"
    assert artefacts.write(Name("x_y", ".png"), b"3").filename == "x_y_00091_.png"
    assert artefacts.write(Name("z", ".latent", folder="temp"), b"4").describe() == {
        "filename": "z_00001_.latent",
        "subfolder": "",
        "type": "temp",
        "digest": blake3(b"4").hexdigest(),
    }
    assert (tmp_path / "output" / "x_00009_.png").read_bytes() == b"2"
    assert (tmp_path / "temp" / "z_00001_.latent").read_bytes() == b"4"


def test_the_counter_goes_on_beyond_five_digits(artefacts: Artefacts, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "x_99999_.png").touch()
    assert artefacts.write(Name("x", ".png"), b"").filename == "x_100000_.png"


@pytest.mark.parametrize("has_links", [True, False])
def test_many_writers_never_take_the_same_name(
    artefacts: Artefacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    if not has_links:

        def refuse(*arguments: object) -> None:
            raise PermissionError("this file system has no hard links")

        monkeypatch.setattr(artefacts_module.os, "link", refuse)
    contents = [str(number).encode() for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda content: artefacts.write(Name("sub/x", ".png"), content), contents))
    assert sorted(each.filename for each in written) == [f"x_{number:05}_.png" for number in range(1, 41)]
    for each, content in zip(written, contents, strict=True):
        assert artefacts.path(each.describe()).read_bytes() == content
    assert len(list((tmp_path / "output" / "sub").iterdir())) == 40


def test_content_may_be_written_by_a_function(artefacts: Artefacts) -> None:
    written = artefacts.write(Name("x", ".txt"), lambda path: path.write_text("hello") and None)
    assert artefacts.path(written.describe()).read_text() == "hello"
    assert written.digest == blake3(b"hello").hexdigest() == artefacts.digest(written.describe())


def test_a_failed_writer_leaves_nothing_behind(artefacts: Artefacts, tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        artefacts.write(Name("x", ".png"), fail)
    assert list((tmp_path / "output").iterdir()) == []


def test_nothing_is_written_through_a_link_that_leaves_the_folder(artefacts: Artefacts, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "output" / "way").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="through a link"):
        artefacts.write(Name("way/deep/x", ".png"), b"")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "description",
    [
        {"filename": "../secret", "subfolder": "", "type": "output"},
        {"filename": "secret", "subfolder": "..", "type": "output"},
        {"filename": "x_00001_.png", "subfolder": "", "type": "checkpoints"},
        {"filename": "x_00001_.png", "subfolder": None, "type": "output"},
        {"filename": "sub", "subfolder": "", "type": "output"},
        {"filename": "x_00001_.png", "subfolder": "", "type": ["output"]},
        {"text": "no file"},
    ],
)
def test_a_description_finds_nothing_outside_the_folders(
    artefacts: Artefacts, tmp_path: Path, description: dict[str, object]
) -> None:
    (tmp_path / "secret").touch()
    artefacts.write(Name("x", ".png"), b"")
    artefacts.write(Name("sub/x", ".png"), b"")
    assert not artefacts.exists(description)
    with pytest.raises(FolderError):
        artefacts.path(description)


def test_a_shown_result_is_complete_while_its_files_are_where_they_were(artefacts: Artefacts, tmp_path: Path) -> None:
    first, second = (artefacts.write(Name("sub/x", ".png"), b"1") for _ in range(2))
    ui = {"images": [first.describe(), second.describe()], "text": ["hello"], "animated": (True,)}
    assert artefacts.is_complete(ui)
    assert artefacts.is_complete({})
    assert artefacts.is_complete(None)
    assert not Artefacts(Folders(data=tmp_path, output=tmp_path / "other")).is_complete(ui)
    spec = NodeSpec(id="Save", title="Save", category="test")
    assert artefacts.is_valid(spec, Entry((), ui, inner=(("7", ui),)))
    artefacts.path(second.describe()).write_bytes(b"of another result")
    assert not artefacts.is_complete(ui)
    artefacts.path(second.describe()).unlink()
    assert not artefacts.is_complete(ui)
    assert not artefacts.is_valid(spec, Entry((), ui))
    assert not artefacts.is_valid(spec, Entry((), None, inner=(("7", ui),)))


@pytest.mark.skipif(sys.platform == "win32", reason="the fault is a signal")
@pytest.mark.parametrize(("point", "names"), [("before_output_rename", []), ("after_output_rename", ["x_00001_.png"])])
def test_a_process_that_dies_while_it_saves_leaves_whole_files_or_none(
    tmp_path: Path, point: str, names: list[str]
) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from graph.artefacts import Artefacts; from graph.folders import Folders;"
        "from graph.artefact_names import Name;"
        "Artefacts(Folders(data=Path(sys.argv[1]))).write(Name('x', '.png'), b'whole')"
    )
    environment = {**os.environ, VARIABLE: point}
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [path.name for path in (tmp_path / "output").glob("[!.]*")] == names
    assert all((tmp_path / "output" / name).read_bytes() == b"whole" for name in names)
    saved = Artefacts(Folders(data=tmp_path)).write(Name("x", ".png"), b"next")
    assert saved.filename == f"x_{len(names) + 1:05}_.png"


def test_a_file_of_a_number_replaces_what_was_there(tmp_path: Path) -> None:
    artefacts = Artefacts(Folders(data=tmp_path))
    name = Name("set/picture", ".txt")
    for content in (b"old", b"new"):
        artefact = artefacts.replace(name, 3, content)
    assert (artefact.subfolder, artefact.filename) == ("set", "picture_00003.txt")
    assert artefacts.path(artefact.describe()).read_bytes() == b"new"
    with pytest.raises(FolderError):
        artefacts.replace(Name("../x", ".txt"), 1, b"")
