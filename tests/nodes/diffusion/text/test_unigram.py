"""Vocabularies of language models: of either format, from where people keep them, refused when they are damaged."""

import json
from pathlib import Path

import pytest
import torch

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.text.t5 import T5TextEncoder
from nodes.diffusion.text.unigram import find_vocabulary, parse_pieces, read_vocabulary_file
from tests.nodes.diffusion import originals

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pieces(tmp_path_factory) -> Path:
    return originals.write_t5_vocabulary(tmp_path_factory.mktemp("v"))


def test_a_vocabulary_of_sentencepiece_cuts_texts_into_its_best_pieces(pieces):
    vocabulary = read_vocabulary_file(pieces)
    assert vocabulary.ids("a photo of a cat") == [4, 6, 7, 4, 5]
    assert vocabulary.ids("a   cat ") == vocabulary.ids("a cat")
    assert vocabulary.ids("") == []
    assert vocabulary.ids("ü") == [3, 2]  # a space, and what is not known


def test_both_formats_mean_the_same(pieces, tmp_path):
    vocabulary = read_vocabulary_file(pieces)
    (tmp_path / "tokenizer.json").write_text(vocabulary.tokenizer.to_str())
    again = read_vocabulary_file(tmp_path / "tokenizer.json")
    assert again.ids("a photo of (a) cat!") == vocabulary.ids("a photo of (a) cat!")


@pytest.mark.parametrize("place", ["models/text_encoders", "models/text_encoders/t5", "models/tokenizers/t5"])
def test_a_vocabulary_is_found_where_people_keep_it(tmp_path, place):
    originals.write_t5_vocabulary(tmp_path / place)
    found = find_vocabulary(tmp_path / "models" / "text_encoders" / "t5xxl.safetensors", "t5")
    assert found.ids("a cat") == [4, 5]


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff", b"\x0a\xff", b"\x0b"])
def test_damaged_pieces_are_refused(data):
    with pytest.raises(ModelFileError, match=r"spiece\.model is no vocabulary"):
        parse_pieces(data, "spiece.model")


def test_a_damaged_json_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": 1}))
    with pytest.raises(ModelFileError, match="cannot be read as a vocabulary"):
        read_vocabulary_file(tmp_path / "tokenizer.json")


def test_t5_computes_what_transformers_does(pieces):
    network = originals.seeded(0, originals.t5)
    encoder = T5TextEncoder(network, read_vocabulary_file(pieces), CPU, torch.float32, 12)
    tokens = [token.content for token in encoder.tokens("a cat")]
    assert tokens == [4, 5, 1, *[0] * 9]
    with torch.no_grad():
        expected = network(input_ids=torch.tensor([tokens])).last_hidden_state
    assert torch.allclose(encoder.encode("a cat").hidden, expected, atol=1e-5)


def test_what_was_filled_up_may_be_hidden(pieces):
    network = originals.seeded(0, originals.t5)
    vocabulary = read_vocabulary_file(pieces)
    short, long = (T5TextEncoder(network, vocabulary, CPU, torch.float32, size, masks=True) for size in (3, 12))
    first, second = short.encode("a cat").hidden, long.encode("a cat").hidden
    assert torch.allclose(first, second[:, :3], atol=1e-5)
    assert not second[:, 3:].any()
