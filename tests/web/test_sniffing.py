import pytest

from tests.web.light import png
from web.sniffing import kind_of


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (png(0)[:64], "image/png"),
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x20ftypavif", "image/avif"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        ((40).to_bytes(8, "little") + b'{"__metadata__"', "application/octet-stream"),
    ],
)
def test_files_are_known_by_their_first_bytes(head: bytes, media_type: str) -> None:
    kind = kind_of(head)
    assert kind is not None
    assert kind.media_type == media_type


@pytest.mark.parametrize(
    "head", [b"", b"<svg", b"<!doctype html>", b"RIFF\0\0\0\0AVI ", b"{}", b"\x80\x02ccos\nsystem", b"%PDF-1.7"]
)
def test_everything_else_is_nothing(head: bytes) -> None:
    assert kind_of(head) is None
