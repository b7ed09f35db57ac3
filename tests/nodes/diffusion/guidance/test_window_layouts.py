"""Windows hold every frame, and lie where their schedule says."""

import itertools

import pytest
import torch

from nodes.diffusion.guidance.window_layouts import (
    SCHEDULES,
    WindowPlan,
    halved,
    shuffled,
    weights_of,
    windows_at,
)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("length", "overlap"), [(4, 1), (5, 3), (16, 4), (7, 0)])
def test_every_frame_is_in_a_window_that_is_as_long_as_it_may_be(schedule, length, overlap) -> None:
    for count, step, stride, is_closed in itertools.product((17, 24, 33), range(6), (1, 3), (False, True)):
        plan = WindowPlan(length, overlap, schedule, stride, is_closed)
        windows = windows_at(count, plan, step)
        assert set().union(*windows) == set(range(count))
        shortest = 1 if schedule == "batched" else length
        assert all(shortest <= len(each) <= length for each in windows)


def test_static_windows_are_the_same_at_every_step_and_end_with_the_last_frame() -> None:
    plan = WindowPlan(4, 1)
    assert windows_at(9, plan, 0) == windows_at(9, plan, 5) == [[0, 1, 2, 3], [3, 4, 5, 6], [5, 6, 7, 8]]
    assert windows_at(10, plan, 0)[-1] == [6, 7, 8, 9]


def test_batched_windows_do_not_overlap() -> None:
    assert windows_at(10, WindowPlan(4, 1, "batched"), 0) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_looped_windows_move_and_go_on_at_the_beginning() -> None:
    plan = WindowPlan(4, 1, "looped_uniform", is_closed=True)
    assert windows_at(8, plan, 0) == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 0, 1]]
    assert windows_at(8, plan, 1)[0] == [4, 5, 6, 7]
    wide = windows_at(16, WindowPlan(4, 1, "looped_uniform", stride=2), 0)
    assert [0, 2, 4, 6] in wide


def test_uniform_windows_never_go_on_at_the_beginning() -> None:
    for count, step in itertools.product((17, 24), range(8)):
        for window in windows_at(count, WindowPlan(6, 2, "standard_uniform"), step):
            assert window == sorted(window)


def test_halving_spreads_evenly() -> None:
    assert [halved(step) for step in range(5)] == [0, 0.5, 0.25, 0.75, 0.125]


def test_weights_fade_towards_the_ends() -> None:
    frames = (3, 4, 5, 6, 7)
    pyramid = weights_of(frames, 20, WindowPlan(5, 2))
    assert pyramid.tolist() == [1, 2, 3, 2, 1]
    assert weights_of(frames[:4], 20, WindowPlan(4, 2)).tolist() == [1, 2, 2, 1]
    assert weights_of(frames, 20, WindowPlan(5, 2, fuse="flat")).tolist() == [1] * 5
    relative = weights_of(frames, 20, WindowPlan(5, 2, fuse="relative"))
    assert relative[2] == 1
    assert relative[0] == pytest.approx(0.01)
    torch.testing.assert_close(relative, relative.flip(0))


def test_ramps_are_at_inner_ends_only() -> None:
    plan = WindowPlan(4, 2, fuse="overlap-linear")
    assert weights_of((0, 1, 2, 3), 8, plan).tolist() == pytest.approx([1, 1, 1, 0], abs=1e-5)
    assert weights_of((2, 3, 4, 5), 8, plan).tolist() == pytest.approx([0, 1, 1, 0], abs=1e-5)
    assert weights_of((4, 5, 6, 7), 8, plan).tolist() == pytest.approx([0, 1, 1, 1], abs=1e-5)


def test_shuffled_noise_comes_from_the_window_before() -> None:
    noise = torch.arange(11.0).view(1, 1, 11, 1, 1)
    found = shuffled(noise, WindowPlan(4, 1, dim=2, shuffles_noise=True), seed=5).flatten().tolist()
    assert found[:4] == [0, 1, 2, 3]
    assert sorted(found[4:7]) == [0, 1, 2]
    assert sorted(found[7:10]) == sorted(found[3:6])
    assert set(found) == {0, 1, 2, 3}
    assert noise.flatten().tolist() == list(range(11))
