"""Vocabularies of language models: read from the user's files, or out of the file of the text encoder.

Files are in SentencePiece's format, or JSON that the package tokenizers reads.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.text.pieces import Pieces
from nodes.diffusion.weights.libraries import parse_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

JSON_NAMES = ("tokenizer.json",)
PIECE_NAMES = ("spiece.model", "tokenizer.model")
"""What files of vocabularies are called."""


@dataclass(frozen=True)
class LanguageVocabulary:
    """Turns text into token ids."""

    tokenizer: "Tokenizer"

    def ids(self, text: str) -> list[int]:
        """The token ids of a text, without marks."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """The text of token ids, without marks."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def mark(self, text: str) -> int | None:
        """The token id of a mark such as `<|im_end|>`; None if it has no such mark."""
        found: int | None = self.tokenizer.token_to_id(text)
        return found


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
        model = Pieces.parse(data)
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
