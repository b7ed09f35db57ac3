from pathlib import Path

import pytest

from nodes.diffusion.errors import ModelFileError, UnsupportedModel
from nodes.diffusion.text.vocabulary import Vocabulary, bundled_vocabulary, read_vocabulary
from tests.nodes.diffusion import tiny

GOLDEN = {
    "": [],
    "a photo of a cat": [320, 1125, 539, 320, 2368],
    "A PHOTO of  a\ncat": [320, 1125, 539, 320, 2368],
    "a diagram": [320, 22697],
    "a dog": [320, 1929],
    "hello world!": [3306, 1002, 256],
}
"""What CLIP's own tokenizer gives."""


@pytest.fixture(scope="module")
def clip() -> Vocabulary:
    return bundled_vocabulary(49408)


@pytest.mark.parametrize("text", GOLDEN)
def test_the_bundled_vocabulary_is_clip_s(clip: Vocabulary, text: str):
    assert clip.ids(text) == GOLDEN[text]


def test_the_marks_of_the_bundled_vocabulary(clip: Vocabulary):
    assert (clip.begin, clip.end, clip.pad, clip.window) == (49406, 49407, 49407, 77)


def test_every_character_has_tokens(clip: Vocabulary):
    for text in ("é", "日本", "🙂", "naïve café", "x" * 100):
        ids = clip.ids(text)
        assert ids
        assert max(ids) < 49406


def test_long_texts_are_not_cut(clip: Vocabulary):
    assert clip.ids("cat " * 200) == [2368] * 200


def test_another_size_needs_its_own_vocabulary():
    with pytest.raises(UnsupportedModel, match="knows 1000 tokens"):
        bundled_vocabulary(1000)


def test_a_model_s_own_vocabulary_is_read(tmp_path: Path):
    size = tiny.write_tokenizer(tmp_path / "tokenizer")
    vocabulary = read_vocabulary(tmp_path / "tokenizer", size)
    assert len(vocabulary.ids("a red circle")) == 3
    assert (vocabulary.begin, vocabulary.end) == (size - 2, size - 1)
    assert vocabulary.pad == vocabulary.end


def test_a_vocabulary_larger_than_the_text_encoder_s_is_refused(tmp_path: Path):
    size = tiny.write_tokenizer(tmp_path / "tokenizer")
    with pytest.raises(ModelFileError, match="the text encoder knows 5 only"):
        read_vocabulary(tmp_path / "tokenizer", 5)
    assert size > 5


def test_without_a_tokenizer_folder_clip_s_own_vocabulary_is_taken(tmp_path: Path):
    assert read_vocabulary(tmp_path / "none", 49408).ids("a dog") == [320, 1929]


def test_an_empty_tokenizer_folder_is_called_unreadable(tmp_path: Path):
    (tmp_path / "tokenizer").mkdir()
    with pytest.raises(ModelFileError, match="CLIP tokenizer"):
        read_vocabulary(tmp_path / "tokenizer", 49408)
