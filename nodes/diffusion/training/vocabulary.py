"""A small byte-pair vocabulary in CLIP's layout, learnt from captions.

Merges are learnt until every word of the captions is one token (Sennrich et al., 2016, "Neural Machine Translation of
Rare Words with Subword Units"), so a word costs one of the 77 positions; any other word falls back to pieces and, at
worst, to bytes. The files are those of CLIP (`vocab.json`, `merges.txt`), so `CLIPTokenizer` reads them offline.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from transformers import CLIPTokenizer

from nodes.diffusion.training.captions import FILLER, NEGATIVE, SYNONYMS

CONTEXT_LENGTH = 77
"""Positions of a CLIP prompt, begin and end marks included."""

BEGIN, END = "<|startoftext|>", "<|endoftext|>"

Merge = tuple[str, str]

_WORDS = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]+")


def count_words(captions: Iterable[str]) -> Counter[str]:
    """Count the words of the captions and of everything that augmentation may put into them."""
    words: Counter[str] = Counter()
    for caption in captions:
        words.update(_WORDS.findall(caption.lower()))
    for alternatives in SYNONYMS.values():
        for word in " ".join(alternatives).split():
            words[word] += 20
    for word in FILLER + NEGATIVE:
        words.update(dict.fromkeys(_WORDS.findall(word), 3))
    return words


def learn_merges(words: Counter[str]) -> list[Merge]:
    """Return the merges, most useful first, that make each (ASCII) word one token."""
    spelt = {word: [*word[:-1], f"{word[-1]}</w>"] for word in words if word.isascii()}
    merges: list[Merge] = []
    while best := _most_frequent_pair(spelt, words):
        merges.append(best)
        spelt = {word: _merged(pieces, best) for word, pieces in spelt.items()}
    return merges


def write_tokenizer(captions: Iterable[str], folder: Path) -> CLIPTokenizer:
    """Learn a vocabulary and write it as a CLIP tokenizer that transformers loads offline."""
    merges = learn_merges(count_words(captions))
    symbols = byte_symbols()
    tokens = [*symbols, *(f"{symbol}</w>" for symbol in symbols), *(a + b for a, b in merges), BEGIN, END]
    number_by_token: dict[str, int] = {}
    for token in tokens:
        number_by_token.setdefault(token, len(number_by_token))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(number_by_token, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(_CONFIG, indent=2) + "\n", encoding="utf-8")
    return load_tokenizer(folder)


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    """Load a tokenizer folder without asking the network."""
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def byte_symbols() -> list[str]:
    """Return the 256 printable characters that stand for bytes in the GPT-2 and CLIP vocabularies, in their order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(code) for code in printable] + [chr(256 + shift) for shift in range(256 - len(printable))]


_CONFIG = {
    "tokenizer_class": "CLIPTokenizer",
    "model_max_length": CONTEXT_LENGTH,
    "bos_token": BEGIN,
    "eos_token": END,
    "unk_token": END,
    "pad_token": END,
    "do_lower_case": True,
    "errors": "replace",
}


def _most_frequent_pair(spelt: dict[str, list[str]], words: Counter[str]) -> Merge | None:
    """Return the neighbouring pair with the largest weight; ties go to the last in the alphabet."""
    weight_by_pair: Counter[Merge] = Counter()
    for word, pieces in spelt.items():
        # The square root keeps rare words from being merged only at the very end.
        weight = words[word] ** 0.5
        for pair in pairwise(pieces):
            weight_by_pair[pair] += weight
    return max(weight_by_pair, key=lambda pair: (weight_by_pair[pair], pair), default=None)


def _merged(pieces: list[str], pair: Merge) -> list[str]:
    """Join each occurrence of the pair."""
    result: list[str] = []
    at = 0
    while at < len(pieces):
        if tuple(pieces[at : at + 2]) == pair:
            result.append(pieces[at] + pieces[at + 1])
            at += 2
        else:
            result.append(pieces[at])
            at += 1
    return result
