"""What a file is, by its first bytes; names and declarations of clients are not believed."""

from dataclasses import dataclass

HEAD_BYTES = 64
"""How much of a file is looked at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is known here."""

    media_type: str
    suffixes: tuple[str, ...]
    """The usual endings of names, the first for files that have another."""
    is_inline: bool = True
    """Whether a browser may show it in place; nothing that can hold a script is shown."""


PNG = Kind("image/png", (".png",))
JPEG = Kind("image/jpeg", (".jpg", ".jpeg", ".jfif"))
WEBP = Kind("image/webp", (".webp",))
_FTYP: dict[bytes, Kind] = {
    b"avif": (_AVIF := Kind("image/avif", (".avif",))),
    b"avis": _AVIF,
    b"qt  ": Kind("video/quicktime", (".mov",)),
    b"M4A ": Kind("audio/mp4", (".m4a",)),
}
_MP4 = Kind("video/mp4", (".mp4", ".m4v"))
_WEBM = Kind("video/webm", (".webm", ".mkv"))
_WAV = Kind("audio/wav", (".wav",))
_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", _GIF := Kind("image/gif", (".gif",))),
    (b"GIF89a", _GIF),
    (b"BM", Kind("image/bmp", (".bmp",))),
    (b"II*\0", _TIFF := Kind("image/tiff", (".tif", ".tiff"), is_inline=False)),
    (b"MM\0*", _TIFF),
    (b"\x1aE\xdf\xa3", _WEBM),
    (b"OggS", Kind("audio/ogg", (".ogg", ".opus", ".oga"))),
    (b"fLaC", Kind("audio/flac", (".flac",))),
    (b"ID3", _MP3 := Kind("audio/mpeg", (".mp3",))),
    (b"\xff\xfb", _MP3),
    (b"\xff\xf3", _MP3),
    (b"\xff\xf2", _MP3),
)
_SAFETENSORS = Kind("application/octet-stream", (".safetensors", ".latent", ".sft"), is_inline=False)
_LONGEST_HEADER = 100 * 1024**2


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins with `head`; None if it is none that is known here."""
    known = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    return known or _riff(head) or _iso_media(head) or _safetensors(head)


def _riff(head: bytes) -> Kind | None:
    if head[:4] != b"RIFF":
        return None
    return {b"WEBP": WEBP, b"WAVE": _WAV}.get(head[8:12])


def _iso_media(head: bytes) -> Kind | None:
    return _FTYP.get(head[8:12], _MP4) if head[4:8] == b"ftyp" else None


def _safetensors(head: bytes) -> Kind | None:
    is_header = head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= _LONGEST_HEADER
    return _SAFETENSORS if is_header else None
