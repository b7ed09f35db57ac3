"""Buckets: sizes that suit the shapes of pictures."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.training.finetuning.buckets import bucket_size, to_bucket


@pytest.mark.parametrize("picture", [(100, 100), (1920, 1080), (1080, 1920), (900, 600)])
def test_a_picture_gets_a_bucket_of_its_shape(picture: tuple[int, int]) -> None:
    width, height = bucket_size(*picture, 512, 64)
    assert abs(math.log(width / height) - math.log(picture[0] / picture[1])) < 0.2


@given(st.integers(16, 4000), st.integers(16, 4000), st.sampled_from([64, 128, 512]), st.sampled_from([8, 16, 64]))
def test_buckets_keep_their_limits(width: int, height: int, side: int, step: int) -> None:
    wide, high = bucket_size(width, height, side, step)
    assert wide * high <= side * side
    assert max(wide, high) <= 2 * side
    assert wide % step == high % step == 0
    assert min(wide, high) >= step


def test_a_picture_is_cut_in_the_middle() -> None:
    image = torch.zeros(1, 100, 300, 3)
    image[:, :, 150:] = 1.0
    made = to_bucket(image, 128, 64)
    assert made.shape[2] > made.shape[1]
    assert float(made[0, :, 0].mean()) < 0.1 < 0.9 < float(made[0, :, -1].mean())
