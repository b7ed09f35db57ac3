"""Captions as people type them."""

import random

import pytest

from nodes.diffusion.training.captions import SYNONYMS, as_tags, augment, background_first, with_filler, without_details

CAPTION = "a red circle on a blue background, digital art"


def test_same_seed_gives_the_same_captions():
    def captions() -> list[str]:
        choice = random.Random(7)
        return [augment(CAPTION, choice) for _ in range(50)]

    assert captions() == captions()


def test_captions_vary_and_most_name_the_subject():
    choice = random.Random(0)
    captions = [augment(CAPTION, choice) for _ in range(500)]
    assert len(set(captions)) > 100
    subjects = ("circle", *SYNONYMS["circle"])
    assert all(any(subject in caption for subject in subjects) for caption in captions)


@pytest.mark.parametrize(
    ("rewrite", "expected"),
    [
        (without_details, "a red circle"),
        (as_tags, "red circle, blue background, digital art"),
        (background_first, "blue background, a red circle, digital art"),
    ],
)
def test_rewritten_captions(rewrite, expected):
    assert rewrite(CAPTION) == expected


def test_a_caption_without_details_stays():
    assert without_details("a cute cat face") == "a cute cat face"
    assert background_first("a cute cat face") == "a cute cat face"


def test_filler_only_adds_words():
    words = CAPTION.split(" ")
    longer = " ".join(with_filler(words, random.Random(1))).split(" ")
    remaining = iter(longer)
    assert all(word in remaining for word in words)
    assert len(longer) > len(words)
