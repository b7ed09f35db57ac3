"""A small vocabulary for T5, in SentencePiece's format."""

import struct
from pathlib import Path


def write_t5_vocabulary(folder: Path, size: int = 200) -> Path:
    """A vocabulary of letters and a few words in SentencePiece's format; returns its file."""
    words = ["<pad>", "</s>", "<unk>", "▁", "▁a", "▁cat", "▁photo", "▁of", "▁dog"]
    letters = [chr(code) for code in range(33, 127)]
    pieces = [*words, *letters][:size]
    data = b"".join(_message(1, _piece(each, -float(i), 2 if each == "<unk>" else 1)) for i, each in enumerate(pieces))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "spiece.model"
    path.write_bytes(data)
    return path


def _piece(text: str, score: float, kind: int) -> bytes:
    return _message(1, text.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", score) + bytes([3 << 3, kind])


def _message(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2, len(content)]) + content
