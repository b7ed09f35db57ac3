"""The vocabulary of T5 that GGUF files bring with them, in SentencePiece's own format, as other files hold it."""

import struct
from collections.abc import Mapping

TOKENS, SCORES, KINDS = (f"tokenizer.ggml.{name}" for name in ("tokens", "scores", "token_type"))
MODEL, CHARACTERS = "tokenizer.ggml.model", "tokenizer.ggml.precompiled_charsmap"
_NORMAL, _UNIGRAM = 1, 1


def pieces_of(said: Mapping[str, object]) -> bytes:
    """A serialised `ModelProto` of SentencePiece; empty where a file brings no vocabulary of T5.

    Args:
        said: the settings of the file.
    """
    tokens, scores, kinds = (said.get(name) for name in (TOKENS, SCORES, KINDS))
    if said.get(MODEL) != "t5" or not isinstance(tokens, list) or not isinstance(scores, list):
        return b""
    kinds = kinds if isinstance(kinds, list) else [_NORMAL] * len(tokens)
    pieces = b"".join(
        _message(1, _message(1, text.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + _varint(kind))
        for text, score, kind in zip(tokens, scores, kinds, strict=True)
    )
    characters = said.get(CHARACTERS)
    rules = _message(2, bytes(byte & 255 for byte in characters)) if isinstance(characters, list) else b""
    return pieces + _message(2, b"\x18" + _varint(_UNIGRAM)) + _message(3, rules)


def _message(field: int, content: bytes) -> bytes:
    """A field of protocol buffers that holds bytes."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
