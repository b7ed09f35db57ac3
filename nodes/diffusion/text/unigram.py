"""Vocabularies of language models: read from the user's files, or out of the file of the text encoder.

T5's vocabulary is a list of word pieces with a score each (Kudo, 2018, "Subword Regularization"), which SentencePiece
keeps in a file of its own format; newer files are JSON that the package tokenizers reads.
"""

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.weights.libraries import parse_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

JSON_NAMES = ("tokenizer.json",)
PIECE_NAMES = ("spiece.model", "tokenizer.model")
"""What files of vocabularies are called."""
SPACE = "▁"


@dataclass(frozen=True)
class LanguageVocabulary:
    """Turns text into token ids."""

    tokenizer: "Tokenizer"

    def ids(self, text: str) -> list[int]:
        """The token ids of a text, without marks."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


def find_vocabulary(path: Path, kind: str) -> LanguageVocabulary:
    """The vocabulary of a text encoder, from the places where people keep it.

    Those are the folder of the text encoder's file, a folder `<kind>` in it, and `tokenizers/<kind>` beside it.

    Args:
        path: the file of the text encoder, or a folder with its vocabulary.
        kind: which vocabulary: `t5`, `umt5`, ….

    Raises:
        ModelFileError: there is none; the message says where to put it.
    """
    folder = path if path.is_dir() else path.parent
    places = (folder / kind, folder.parent / "tokenizers" / kind, folder)
    for place in places:
        for name in (*JSON_NAMES, *PIECE_NAMES):
            if (place / name).is_file():
                return read_vocabulary_file(place / name)
    wanted = folder.parent / "tokenizers" / kind / JSON_NAMES[0]
    raise ModelFileError(
        f"{path.name} needs the vocabulary of its text encoder, which it does not hold. Put the file tokenizer.json "
        f"(or spiece.model) of {kind} into {wanted.parent}; publications have it in a folder `tokenizer`."
    )


def read_vocabulary_file(path: Path) -> LanguageVocabulary:
    """A vocabulary from a file.

    Raises:
        ModelFileError: it is damaged.
    """
    if path.suffix == ".model":
        return parse_pieces(path.read_bytes(), path.name)
    return _parsed(path.read_text(encoding="utf-8"), path.name)


def parse_pieces(data: bytes, name: str) -> LanguageVocabulary:
    """A vocabulary in SentencePiece's format.

    Args:
        data: a serialised `ModelProto`.
        name: where it comes from, for errors.

    Raises:
        ModelFileError: it is damaged.
    """
    try:
        model = _Pieces.parse(data)
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        raise ModelFileError(f"{name} is no vocabulary of SentencePiece ({error}); copy it anew.") from error
    return _parsed(json.dumps(model.as_json()), name)


def _parsed(text: str, name: str) -> LanguageVocabulary:
    try:
        tokenizer = parse_tokenizer(text)
    except Exception as error:  # the package raises nothing more specific
        raise ModelFileError(f"{name} cannot be read as a vocabulary ({error}); copy it anew.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return LanguageVocabulary(tokenizer)


@dataclass(frozen=True)
class _Pieces:
    """What SentencePiece's format says."""

    pieces: list[tuple[str, float]]
    unknown: int
    spells_bytes: bool
    characters: bytes
    """How characters are brought to one form, in SentencePiece's own encoding."""

    @classmethod
    def parse(cls, data: bytes) -> "_Pieces":
        pieces: list[tuple[str, float]] = []
        unknown, spells_bytes, characters = 0, False, b""
        for field, value in _fields(data):
            if field == 1 and isinstance(value, bytes):
                parts = dict(_fields(value))
                if parts.get(3) == 2:  # the type "unknown"
                    unknown = len(pieces)
                pieces.append((_bytes(parts.get(1)).decode("utf-8"), _float(parts.get(2))))
            elif field == 2 and isinstance(value, bytes):
                spells_bytes = dict(_fields(value)).get(35) == 1
            elif field == 3 and isinstance(value, bytes):
                characters = _bytes(dict(_fields(value)).get(2))
        if not pieces:
            raise ValueError("it holds no pieces")
        return cls(pieces, unknown, spells_bytes, characters)

    def as_json(self) -> dict[str, object]:
        """The same vocabulary as the package tokenizers writes it."""
        steps: list[dict[str, object]] = [
            {"type": "Strip", "strip_left": False, "strip_right": True},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": SPACE},
        ]
        if self.characters:
            charsmap = base64.b64encode(self.characters).decode("ascii")
            steps.insert(0, {"type": "Precompiled", "precompiled_charsmap": charsmap})
        model = {
            "type": "Unigram",
            "unk_id": self.unknown,
            "vocab": [list(piece) for piece in self.pieces],
            "byte_fallback": self.spells_bytes,
        }
        spaces = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}
        return {
            "version": "1.0",
            "normalizer": {"type": "Sequence", "normalizers": steps},
            "pre_tokenizer": spaces,
            "model": model,
        }


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
