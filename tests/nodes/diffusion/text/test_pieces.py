"""Vocabularies of SentencePiece whose pieces are merged from pairs."""

import struct

import pytest

from nodes.diffusion.text.pieces import CONTROL, GIVEN, NORMAL, UNKNOWN, Piece, merges_of
from nodes.diffusion.text.unigram import LanguageVocabulary, parse_pieces

BYTE = 6
MARKS = [("<pad>", CONTROL), ("<eos>", CONTROL), ("<bos>", CONTROL), ("<unk>", UNKNOWN), ("<start_of_turn>", GIVEN)]
BYTES = [(f"<0x{number:02X}>", BYTE) for number in range(256)]
MERGED = ["ca", "cat", "▁c", "▁cat", "ab", "bc", "abc"]
"""From the first that are merged to the last."""
LETTERS = ["▁", *"abcdefghijklmnopqrstuvwxyz"]


def message(field: int, content: bytes) -> bytes:
    size = bytes([len(content)]) if len(content) < 128 else bytes([len(content) & 127 | 128, len(content) >> 7])
    return bytes([field << 3 | 2]) + size + content


def piece(text: str, score: float, kind: int) -> bytes:
    return message(1, message(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes([3 << 3, kind]))


def vocabulary(*, begins_with_space: bool) -> LanguageVocabulary:
    """A vocabulary as Gemma's or Llama's, but small."""
    pieces = [piece(text, 0.0, kind) for text, kind in (*MARKS, *BYTES)]
    pieces += [piece(text, -float(rank), NORMAL) for rank, text in enumerate(MERGED)]
    pieces += [piece(text, -1000.0 - rank, NORMAL) for rank, text in enumerate(LETTERS)]
    trainer = message(2, bytes([3 << 3, 2]) + bytes([35 << 3 & 127 | 128, 35 >> 4, 1]))
    rules = message(3, bytes([3 << 3, int(begins_with_space)]))
    return parse_pieces(b"".join(pieces) + trainer + rules, "spiece.model")


def words(found: LanguageVocabulary, text: str) -> list[str | None]:
    return [found.tokenizer.id_to_token(number) for number in found.ids(text)]


def test_the_pair_with_the_highest_score_is_merged_first() -> None:
    found = vocabulary(begins_with_space=False)
    assert words(found, "cat cats") == ["cat", "▁cat", "s"]  # `ca` goes before `▁c`
    assert words(found, "abc") == ["abc"]
    assert words(found, "bcxab") == ["bc", "x", "ab"]


def test_marks_are_one_token_and_what_is_not_known_is_spelt_in_bytes() -> None:
    found = vocabulary(begins_with_space=False)
    assert words(found, "<bos><start_of_turn>ü\n") == ["<bos>", "<start_of_turn>", "<0xC3>", "<0xBC>", "<0x0A>"]
    assert found.mark("<bos>") == 2
    assert found.mark("<nothing>") is None


@pytest.mark.parametrize("begins_with_space", [True, False])
def test_tokens_become_the_text_again(begins_with_space: bool) -> None:
    found = vocabulary(begins_with_space=begins_with_space)
    assert words(found, "a")[0] == ("▁" if begins_with_space else "a")
    for text in ("a cat", "two  spaces", "ümlaut\nline"):
        assert found.text(found.ids(text)) == text
    assert found.text([2, *found.ids("cat"), 1]) == "cat"


def test_every_way_to_cut_a_piece_is_a_merge() -> None:
    pieces = [Piece(text, -float(rank), NORMAL) for rank, text in enumerate([*MERGED, *LETTERS])]
    merges = merges_of(pieces)
    assert merges[:3] == [("c", "a"), ("ca", "t"), ("▁", "c")]
    assert ("a", "bc") in merges
    assert ("ab", "c") in merges
    assert ("▁c", "at") not in merges
