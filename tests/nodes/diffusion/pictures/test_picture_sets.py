"""Folders of pictures with captions."""

from pathlib import Path

import pytest
import torch

from nodes.diffusion.errors import PictureFileError
from nodes.diffusion.files.picture_files import encode_png
from nodes.diffusion.pictures.picture_sets import read_set


def put(path: Path, value: float, text: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(torch.full((2, 2, 3), value), {}))
    if text is not None:
        path.with_suffix(".txt").write_text(text, encoding="utf-8")


def test_pictures_come_in_order_with_their_captions(tmp_path: Path) -> None:
    put(tmp_path / "b.png", 1.0, " a white square \n")
    put(tmp_path / "a.PNG", 0.0)
    (tmp_path / "notes.md").write_text("x")
    found = read_set(tmp_path)
    assert [(float(each.image.mean()), each.text) for each in found] == [(0.0, ""), (1.0, "a white square")]
    assert found[0].image.shape == (1, 2, 2, 3)


def test_sub_folders_follow_and_numbers_repeat(tmp_path: Path) -> None:
    put(tmp_path / "x.png", 0.0, "x")
    put(tmp_path / "2_cats" / "y.png", 0.0, "y")
    put(tmp_path / "dogs" / "z.png", 0.0, "z")
    assert [each.text for each in read_set(tmp_path)] == ["x", "y", "y", "z"]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(PictureFileError, match="has no pictures"):
        read_set(tmp_path)
