import struct
import zlib

from graph.formats.png import SIGNATURE, texts
from tests.graph.formats.files import png


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_texts_are_found_by_keyword_and_the_first_counts() -> None:
    data = (
        SIGNATURE
        + chunk(b"tEXt", b"a\0one")
        + chunk(b"zTXt", b"b\0\0" + zlib.compress(b"two"))
        + chunk(b"tEXt", b"a\0x")
    )
    assert texts(data) == {"a": "one", "b": "two"}


def test_text_that_is_not_utf8_is_latin1_as_the_specification_has_it() -> None:
    assert texts(SIGNATURE + chunk(b"tEXt", b"a\0\xe4")) == {"a": "ä"}


def test_damaged_chunks_are_passed_over() -> None:
    damaged = [
        chunk(b"tEXt", b"no separator"),
        chunk(b"zTXt", b"a\0\x01unknown method"),
        chunk(b"zTXt", b"b\0\0not compressed"),
        chunk(b"iTXt", b"c\0\x01"),
        chunk(b"iTXt", b"d\0\0\0no more separators"),
        chunk(b"iTXt", b"e\0\x01\x05\0\0x"),
    ]
    assert texts(SIGNATURE + b"".join(damaged) + chunk(b"tEXt", b"z\0good")) == {"z": "good"}


def test_nothing_is_read_behind_the_end() -> None:
    assert texts(png({"a": "1"}) + chunk(b"tEXt", b"b\0two")) == {"a": "1"}
