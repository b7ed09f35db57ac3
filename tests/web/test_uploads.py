from pathlib import Path

import pytest

from graph.artefacts import Artefact
from graph.folders import Folders
from tests.web.light import png
from web.names import BadName
from web.uploads import EmptyUpload, UnknownKind, Uploads, Wish


def keep(folder: Path, content: bytes, filename: str = "a.png", **wish: object) -> Artefact:
    uploads = Uploads(Folders(folder))
    with uploads.draft() as draft:
        draft.write(content)
        return uploads.keep(draft, Wish(filename, **wish))  # type: ignore[arg-type]


def test_a_picture_gets_the_name_it_asked_for(tmp_path: Path) -> None:
    saved = keep(tmp_path, png(1), "my picture.png", subfolder="some/where")
    assert saved.describe() | {"digest": ""} == {
        "filename": "my picture.png",
        "subfolder": "some/where",
        "type": "input",
        "digest": "",
    }
    assert (tmp_path / "input/some/where/my picture.png").read_bytes() == png(1)


def test_the_same_content_keeps_its_name_and_other_content_is_numbered(tmp_path: Path) -> None:
    names = [keep(tmp_path, png(shade)).filename for shade in (1, 1, 2, 3, 2)]
    assert names == ["a.png", "a.png", "a (1).png", "a (2).png", "a (1).png"]


def test_another_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    keep(tmp_path, png(1))
    assert keep(tmp_path, png(2), overwrite=True).filename == "a.png"
    assert (tmp_path / "input/a.png").read_bytes() == png(2)


def test_a_name_that_says_something_else_gets_the_right_ending(tmp_path: Path) -> None:
    assert keep(tmp_path, png(1), "page.html").filename == "page.html.png"
    assert keep(tmp_path, b"\xff\xd8\xff\xe0 jpeg", "photo.JPEG").filename == "photo.JPEG"


@pytest.mark.parametrize(
    "content", [b"<svg/>", b"<html>", b"#!/bin/sh", b"\x80\x04pickle", b"PK\x03\x04", b"{}", b"MZ"]
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnknownKind):
        keep(tmp_path, content)
    assert not list(tmp_path.rglob("*.png"))


def test_nothing_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(EmptyUpload):
        keep(tmp_path, b"")


@pytest.mark.parametrize(
    "wish",
    [
        {"filename": "../a.png"},
        {"filename": ""},
        {"subfolder": "../x"},
        {"subfolder": "/x"},
        {"type": "models"},
        {"type": "../.."},
    ],
)
def test_no_wish_leads_out_of_the_folder(tmp_path: Path, wish: dict[str, str]) -> None:
    with pytest.raises(BadName):
        keep(tmp_path / "data", png(1), **{"filename": "a.png", **wish})
    assert not list(tmp_path.rglob("a*.png"))


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    keep(tmp_path, png(1))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.png"]
