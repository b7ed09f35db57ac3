"""SentencePiece's own format of vocabularies, and the same vocabulary as the package tokenizers writes it.

Word pieces have a score each. In vocabularies of the kind "unigram" (Kudo, 2018, "Subword Regularization") a text is
cut so that its scores sum up highest; in those of the kind "BPE" (Sennrich et al., 2016) the pair with the highest
score is merged, again and again.
"""

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SPACE = "▁"
NORMAL, UNKNOWN, CONTROL, GIVEN = 1, 2, 3, 4
"""Kinds of pieces: of the language, for what is not known, marks that texts do not hold, and marks that they hold."""
MERGING = 2
"""The kind of vocabulary whose pieces are merged from pairs."""


@dataclass(frozen=True)
class Piece:
    """A piece of a word, or a mark."""

    text: str
    score: float
    kind: int


@dataclass(frozen=True)
class Pieces:
    """What a file in SentencePiece's format says.

    Attributes:
        pieces: in the order of their numbers.
        merges: whether it is a vocabulary of the kind "BPE".
        spells_bytes: whether what is not known is spelt in bytes.
        characters: how characters are brought to one form, in SentencePiece's own encoding.
        begins_with_space: whether a space is put before a text.
    """

    pieces: Sequence[Piece]
    merges: bool
    spells_bytes: bool
    characters: bytes
    begins_with_space: bool

    @classmethod
    def parse(cls, data: bytes) -> "Pieces":
        """From a serialised `ModelProto`.

        Raises:
            ValueError, IndexError, UnicodeDecodeError: it is damaged.
        """
        pieces: list[Piece] = []
        trainer: Mapping[int, int | bytes] = {}
        rules: Mapping[int, int | bytes] = {}
        for field, value in _fields(data):
            if field == 1 and isinstance(value, bytes):
                parts = dict(_fields(value))
                kind = parts.get(3, NORMAL)
                text = _bytes(parts.get(1)).decode("utf-8")
                pieces.append(Piece(text, _float(parts.get(2)), kind if isinstance(kind, int) else NORMAL))
            elif field == 2 and isinstance(value, bytes):
                trainer = dict(_fields(value))
            elif field == 3 and isinstance(value, bytes):
                rules = dict(_fields(value))
        if not pieces:
            raise ValueError("it holds no pieces")
        return cls(pieces, trainer.get(3) == MERGING, trainer.get(35) == 1, _bytes(rules.get(2)), rules.get(3, 1) == 1)

    def as_json(self) -> dict[str, Any]:
        """The same vocabulary as the package tokenizers writes it."""
        return self._merging() if self.merges else self._unigram()

    @property
    def _unknown(self) -> int:
        return next((number for number, piece in enumerate(self.pieces) if piece.kind == UNKNOWN), 0)

    def _unigram(self) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [
            {"type": "Strip", "strip_left": False, "strip_right": True},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": SPACE},
        ]
        if self.characters:
            charsmap = base64.b64encode(self.characters).decode("ascii")
            steps.insert(0, {"type": "Precompiled", "precompiled_charsmap": charsmap})
        model = {
            "type": "Unigram",
            "unk_id": self._unknown,
            "vocab": [[piece.text, piece.score] for piece in self.pieces],
            "byte_fallback": self.spells_bytes,
        }
        spaces = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}
        return {
            "version": "1.0",
            "normalizer": {"type": "Sequence", "normalizers": steps},
            "pre_tokenizer": spaces,
            "model": model,
        }

    def _merging(self) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [{"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]
        back: list[dict[str, Any]] = [
            {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
        ]
        if self.begins_with_space:
            steps.insert(0, {"type": "Prepend", "prepend": SPACE})
            back.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
        model = {
            "type": "BPE",
            "vocab": {piece.text: number for number, piece in enumerate(self.pieces)},
            "merges": [list(pair) for pair in merges_of(self.pieces)],
            "unk_token": self.pieces[self._unknown].text,
            "fuse_unk": True,
            "byte_fallback": self.spells_bytes,
        }
        return {
            "version": "1.0",
            "added_tokens": [_mark(number, each) for number, each in enumerate(self.pieces) if _is_mark(each)],
            "normalizer": {"type": "Sequence", "normalizers": steps},
            "decoder": {"type": "Sequence", "decoders": back},
            "model": model,
        }


def merges_of(pieces: Sequence[Piece]) -> list[tuple[str, str]]:
    """The pairs that may be merged, from the first to the last: every way to cut a piece in two that are pieces."""
    known = {piece.text for piece in pieces if piece.kind == NORMAL}
    ranked = sorted((piece for piece in pieces if piece.kind == NORMAL), key=lambda piece: -piece.score)
    return [
        (text[:cut], text[cut:])
        for text in (piece.text for piece in ranked)
        for cut in range(1, len(text))
        if text[:cut] in known and text[cut:] in known
    ]


def _is_mark(piece: Piece) -> bool:
    return piece.kind in (UNKNOWN, CONTROL, GIVEN)


def _mark(number: int, piece: Piece) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": piece.text, "special": piece.kind != GIVEN, **flags}


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message of protocol buffers: number and value."""
    at = 0
    while at < len(data):
        head, at = _varint(data, at)
        kind = head & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield head >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"field of unknown kind {kind}")
        if at + size > len(data):
            raise ValueError("it ends too early")
        yield head >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _bytes(value: int | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _float(value: int | bytes | None) -> float:
    return float(struct.unpack("<f", value)[0]) if isinstance(value, bytes) else 0.0
