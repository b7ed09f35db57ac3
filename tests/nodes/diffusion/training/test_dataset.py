"""The training set follows from its seeds."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np

from nodes.diffusion.training.dataset import (
    FAMILY_WEIGHTS,
    SHAPE_FAMILIES,
    TRAINING_RANGES,
    UNSTYLED_FAMILIES,
    PictureRange,
    choose_family,
    draw,
    write_pictures,
)
from nodes.diffusion.training.pictures import read_pictures
from nodes.diffusion.training.scenes import FAMILIES, STYLES

SMALL = PictureRange("some", 10_000_000, 12, 32, 32)


def test_every_family_of_the_scenes_is_drawn():
    assert set(FAMILY_WEIGHTS) == set(FAMILIES)


def test_families_come_as_often_as_their_weights_say():
    counts = Counter(choose_family(seed)[0] for seed in range(4000))
    total = sum(FAMILY_WEIGHTS.values())
    for family, weight in FAMILY_WEIGHTS.items():
        assert abs(counts[family] / 4000 - weight / total) < 0.03


def test_a_range_can_be_limited_to_some_families():
    counts = Counter(choose_family(seed, SHAPE_FAMILIES)[0] for seed in range(400))
    assert set(counts) == set(SHAPE_FAMILIES)


def test_styles_exist_and_spare_the_families_that_have_their_own():
    choices = [choose_family(seed) for seed in range(2000)]
    assert {style for _, style in choices if style} == set(STYLES)
    assert not any(style for family, style in choices if family in UNSTYLED_FAMILIES)


def test_the_same_seed_draws_the_same_picture():
    first, second = draw(10_000_001, SMALL), draw(10_000_001, SMALL)
    assert first.caption == second.caption
    assert (first.pixels == second.pixels).all()


def test_ranges_do_not_overlap():
    seeds = [some.seeds() for some in TRAINING_RANGES]
    assert all(earlier.stop <= later.start for earlier, later in pairwise(seeds))


def test_written_pictures_are_read_back_in_order(tmp_path):
    some = replace(SMALL, height=16)
    with ThreadPoolExecutor(2) as workers:
        kept = write_pictures(some, tmp_path, workers)
    drawn = [picture for seed in some.seeds() if (picture := draw(seed, some))]
    back = read_pictures("some", tmp_path)
    assert kept == len(drawn)
    assert back.captions == [picture.caption for picture in drawn]
    np.testing.assert_array_equal(back.pixels, [picture.pixels for picture in drawn])
