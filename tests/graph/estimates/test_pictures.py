"""Sizes by the first bytes, against a library that decodes."""

from pathlib import Path

import pytest
from PIL import Image

from graph.estimates.pictures import picture_size

KINDS = {
    "png": {},
    "jpeg": {},
    "jpeg progressive": {"progressive": True},
    "jpeg with much before its size": {"exif": b"Exif\0\0" + b"x" * 60_000, "icc_profile": b"y" * 200_000},
    "webp": {},
    "webp lossless": {"lossless": True},
    "webp extended": {"exif": b"Exif\0\0xx"},
    "gif": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_the_one_that_a_decoder_finds(tmp_path: Path, kind: str):
    path = tmp_path / "picture"
    Image.new("RGB", (321, 123), "red").save(path, kind.split()[0], **KINDS[kind])
    assert picture_size(path) == (321, 123)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF....WEBPVP8 ", b"\xff\xd8" + b"\0" * 99]
)
def test_what_is_cut_short_has_none(tmp_path: Path, content: bytes):
    (tmp_path / "picture").write_bytes(content)
    assert picture_size(tmp_path / "picture") is None
    assert picture_size(tmp_path / "nothing") is None
