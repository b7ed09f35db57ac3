"""The texts in the EXIF part of WebP and JPEG files, read without decoding the picture.

The ecosystem writes `prompt:{…}` and `workflow:{…}` as values of the tags Make and Model (0x010F, 0x0110) and their
neighbours; other programs use ImageDescription or UserComment. EXIF is a TIFF structure (Exif 3.0, CIPA DC-008, 4.6).
"""

import struct
from collections.abc import Iterator

_TYPE_ASCII, _TYPE_LONG, _TYPE_UNDEFINED, _TYPE_UTF8 = 2, 4, 7, 129
_TEXT_TYPES = frozenset({_TYPE_ASCII, 1, _TYPE_UNDEFINED, _TYPE_UTF8})  # 1 is BYTE
_EXIF_DIRECTORY, _USER_COMMENT = 0x8769, 0x9286
_ENTRY_BYTES = 12
_MAXIMUM_DIRECTORIES = 8
_MAXIMUM_ENTRIES = 1000  # in one directory
_MAXIMUM_TEXT_BYTES = 64 * 1024**2  # of all texts together; entries may all point at the same place
_JPEG_START, _JPEG_SCAN, _JPEG_APP1 = b"\xff\xd8", 0xDA, 0xE1


def is_webp(data: bytes) -> bool:
    """Whether a file is a WebP picture."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def is_jpeg(data: bytes) -> bool:
    """Whether a file is a JPEG picture."""
    return data[:2] == _JPEG_START


def texts_of_webp(data: bytes) -> list[str]:
    """Every text in the EXIF part of a WebP file (RIFF container, RFC 9649)."""
    at = 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"EXIF":
            return _texts(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return []


def texts_of_jpeg(data: bytes) -> list[str]:
    """Every text in the EXIF parts of a JPEG file, and its comments."""
    found: list[str] = []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _JPEG_SCAN:
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : at + 2 + length]
        if marker == _JPEG_APP1 and body.startswith(b"Exif\0\0"):
            found += _texts(body[6:])
        elif marker == 0xFE:  # a comment
            found.append(body.decode("utf-8", "replace"))
        at += 2 + max(length, 2)
    return found


def _texts(tiff: bytes) -> list[str]:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return []
    return [text for text in _walk(tiff, order) if text]


def _walk(tiff: bytes, order: str) -> Iterator[str]:
    """The texts of every directory, following links between them only so far."""
    waiting = [struct.unpack_from(f"{order}I", tiff, 4)[0]]
    left = _MAXIMUM_TEXT_BYTES
    for _ in range(_MAXIMUM_DIRECTORIES):
        if not waiting:
            return
        at = waiting.pop(0)
        if at + 2 > len(tiff):
            continue
        count = struct.unpack_from(f"{order}H", tiff, at)[0]
        for number in range(min(count, _MAXIMUM_ENTRIES)):
            entry = at + 2 + number * _ENTRY_BYTES
            if entry + _ENTRY_BYTES > len(tiff):
                break
            tag, kind, size = struct.unpack_from(f"{order}HHI", tiff, entry)
            place = struct.unpack_from(f"{order}I", tiff, entry + 8)[0]
            if tag == _EXIF_DIRECTORY and kind == _TYPE_LONG:
                waiting.append(place)
            elif kind in _TEXT_TYPES and size <= left:
                left -= size
                start = entry + 8 if size <= 4 else place
                yield _text(tag, tiff[start : start + size], order)


def _text(tag: int, value: bytes, order: str) -> str:
    if tag == _USER_COMMENT:
        code, value = value[:8], value[8:]
        if code.startswith(b"UNICODE"):
            return value.decode("utf-16-le" if order == "<" else "utf-16-be", "replace").strip("\0")
    return value.decode("utf-8", "replace").strip("\0")
