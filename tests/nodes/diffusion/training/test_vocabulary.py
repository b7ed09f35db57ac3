"""The vocabulary learnt from captions, read by transformers."""

import pytest

from nodes.diffusion.training.vocabulary import byte_symbols, count_words, learn_merges, write_tokenizer

CAPTIONS = ["a red circle on a blue background", "two green stars", "a castle at night, pixel art"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return write_tokenizer(CAPTIONS, tmp_path_factory.mktemp("tokenizer"))


@pytest.mark.parametrize("text", [*CAPTIONS, "An UNKNOWN wordlike thing", "it's 4k!", "naïve café ☕ 猫"])
def test_any_text_survives_the_round_trip(tokenizer, text):
    ids = tokenizer(text).input_ids
    back = tokenizer.decode(ids, skip_special_tokens=True)
    assert back.replace(" ", "") == text.lower().replace(" ", "")


def test_each_word_of_the_captions_is_one_token(tokenizer):
    for caption in CAPTIONS:
        words = caption.replace(",", " ,").split()
        assert len(tokenizer(caption).input_ids) == len(words) + 2


def test_prompts_have_the_layout_of_clip(tokenizer):
    ids = tokenizer("a red circle", padding="max_length", truncation=True, max_length=77).input_ids
    assert len(ids) == 77
    assert ids[0] == tokenizer.bos_token_id
    assert set(ids[4:]) == {tokenizer.eos_token_id}
    assert len(tokenizer("red " * 200, truncation=True, max_length=77).input_ids) == 77


def test_case_does_not_matter(tokenizer):
    assert tokenizer("A Red CIRCLE").input_ids == tokenizer("a red circle").input_ids


def test_merges_are_the_same_each_time():
    assert learn_merges(count_words(CAPTIONS)) == learn_merges(count_words(CAPTIONS))


def test_there_is_a_symbol_for_each_byte():
    assert len(set(byte_symbols())) == 256
