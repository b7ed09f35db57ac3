"""Keyframes: where their cells belong, and how many there are."""

import pytest
import torch
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXConditionPipeline

from nodes.diffusion.keyframes import (
    ATTENTION,
    COORDINATES,
    cells,
    coordinates,
    count,
    heed_of,
    with_keyframes,
    without_keyframes,
)

TEXT = [(torch.zeros(1, 4, 8), {})]


def shape(*sides: int) -> torch.Size:
    return torch.Size(sides)


def test_cells_begin_and_end_where_those_of_the_video_do() -> None:
    places = cells(shape(2, 1, 2), 17, is_alone=False)
    assert places.shape == (1, 3, 4, 2)
    assert places[0, 0].tolist() == [[17, 25], [17, 25], [25, 33], [25, 33]]
    assert places[0, 1].tolist() == [[0, 32]] * 4
    assert places[0, 2].tolist() == [[0, 32], [32, 64]] * 2


def test_a_frame_of_its_own_lasts_for_one_frame() -> None:
    assert cells(shape(3, 1, 1), 0, is_alone=True)[0, 0].tolist() == [[0, 1], [1, 9], [9, 17]]
    assert cells(shape(1, 1, 1), 40, is_alone=True)[0, 0].tolist() == [[40, 41]]


def test_keyframes_are_counted_by_frames_even_at_the_same_time() -> None:
    assert count(TEXT) == 0
    once = with_keyframes(TEXT, cells(shape(2, 3, 4), 9, is_alone=False), shape(2, 3, 4), 0.5)
    twice = with_keyframes(once, cells(shape(1, 3, 4), 9, is_alone=True), shape(1, 3, 4), 1.0)
    assert (count(once), count(twice)) == (2, 3)
    assert coordinates(twice).shape == (1, 3, 36, 2)
    assert [(each["pre_filter_count"], each["strength"]) for each in twice[0][1][ATTENTION]] == [(24, 0.5), (12, 1.0)]


def test_forgotten_keyframes_leave_the_texts_as_they_were() -> None:
    told = with_keyframes(TEXT, cells(shape(1, 1, 1), 0, is_alone=True), shape(1, 1, 1), 1.0)
    forgotten = without_keyframes(told)
    assert count(forgotten) == 0
    assert forgotten[0][0] is TEXT[0][0]
    assert forgotten[0][1] == {COORDINATES: None, ATTENTION: None}


def test_keyframes_are_heeded_as_much_as_their_guides_are_strong() -> None:
    half = with_keyframes(TEXT, cells(shape(1, 1, 2), 0, is_alone=True), shape(1, 1, 2), 0.5)
    both = with_keyframes(half, cells(shape(1, 1, 1), 8, is_alone=True), shape(1, 1, 1), 1.0)
    assert heed_of(both[0][1]).tolist() == [[0.5, 0.5, 1.0]]
    whole = with_keyframes(TEXT, cells(shape(1, 1, 2), 0, is_alone=True), shape(1, 1, 2), 1.0)
    assert heed_of(whole[0][1]) is heed_of({}) is heed_of(without_keyframes(half)[0][1]) is None


def test_cells_of_a_smaller_guide_reach_further() -> None:
    assert cells(shape(1, 1, 2), 0, is_alone=True, fold=2)[0, 2].tolist() == [[0, 64], [32, 96]]


@pytest.mark.parametrize(("frames", "frame"), [(1, 0), (3, 0), (1, 24)])
def test_cells_begin_where_the_pipeline_of_diffusers_has_them(frames: int, frame: int) -> None:
    theirs = LTXConditionPipeline._prepare_video_ids(1, frames, 2, 3)
    theirs = LTXConditionPipeline._scale_video_ids(theirs, scale_factor=32, scale_factor_t=8, frame_index=frame)
    assert torch.equal(cells(shape(frames, 2, 3), frame, is_alone=True)[..., 0], theirs.float())
