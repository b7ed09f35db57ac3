"""CLIP vocabularies: from text to token ids, for models that bring their own and for those that do not.

The bundled vocabulary is CLIP's (Radford et al., 2021, "Learning Transferable Visual Models From Natural Language
Supervision"), as the package open_clip_torch ships it; see NOTICE.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.diffusion.errors import ModelFileError, UnsupportedModel
from nodes.diffusion.weights.libraries import new_tokenizer, read_tokenizer

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

BUNDLED = Path(__file__).with_name("clip_bpe.txt.gz")
BUNDLED_SIZE = 49408
MERGES = 48894
"""How many lines of the bundled file are merges; the rest of it was never used."""
WINDOW = 77
"""Positions of a CLIP text encoder, begin and end marks included."""

_BEGIN, _END = "<|startoftext|>", "<|endoftext|>"


@dataclass(frozen=True)
class Vocabulary:
    """Turns text into token ids."""

    tokenizer: "CLIPTokenizer"
    begin: int
    end: int
    pad: int
    window: int = WINDOW

    def ids(self, text: str) -> Sequence[int]:
        """The token ids of a text, without begin and end marks."""
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def bundled_vocabulary(size: int) -> Vocabulary:
    """CLIP's own vocabulary, for model files that hold none.

    Args:
        size: how many tokens the text encoder knows.

    Raises:
        UnsupportedModel: the text encoder was trained with another vocabulary.
    """
    if size != BUNDLED_SIZE:
        raise UnsupportedModel(
            f"The text encoder knows {size} tokens, CLIP's vocabulary has {BUNDLED_SIZE}, and the file brings none of "
            "its own; use the model as a diffusers folder with its tokenizer."
        )
    numbers, merges = _bundled_tables()
    return _vocabulary(new_tokenizer(numbers, merges, WINDOW))


def read_vocabulary(folder: Path, size: int) -> Vocabulary:
    """The vocabulary that a model brings in its `tokenizer` folder; CLIP's own where there is no such folder.

    Args:
        folder: with `tokenizer.json`, or `vocab.json` and `merges.txt`.
        size: how many tokens the text encoder knows.

    Raises:
        ModelFileError: the folder cannot be read, or has tokens that the text encoder does not know.
        UnsupportedModel: as `bundled_vocabulary`.
    """
    if not folder.is_dir():
        return bundled_vocabulary(size)
    names = {path.name for path in folder.iterdir()}
    if "tokenizer.json" not in names and not names >= {"vocab.json", "merges.txt"}:
        raise ModelFileError(
            f"{folder} is not a CLIP tokenizer: it needs tokenizer.json, or vocab.json and merges.txt."
        )
    try:
        tokenizer = read_tokenizer(folder)
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{folder} cannot be read as a tokenizer ({error}); copy the model anew.") from error
    if len(tokenizer) > size:
        raise ModelFileError(f"{folder} has {len(tokenizer)} tokens, but the text encoder knows {size} only.")
    return _vocabulary(tokenizer)


def _vocabulary(tokenizer: "CLIPTokenizer") -> Vocabulary:
    return Vocabulary(tokenizer, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)


def _bundled_tables() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """The token numbers and the merges of CLIP's vocabulary."""
    _, *lines = gzip.decompress(BUNDLED.read_bytes()).decode("utf-8").split("\n", MERGES + 1)
    halves = "\n".join(lines[:MERGES]).split()
    merges = list(zip(halves[::2], halves[1::2], strict=True))
    symbols = _byte_symbols()
    tokens = [*symbols, *(f"{each}</w>" for each in symbols), *(first + second for first, second in merges)]
    return {token: number for number, token in enumerate([*tokens, _BEGIN, _END])}, merges


def _byte_symbols() -> list[str]:
    """The 256 printable characters that stand for bytes, in their order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(code) for code in printable] + [chr(256 + shift) for shift in range(256 - len(printable))]
