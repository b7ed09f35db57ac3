from pathlib import Path

import pytest

from graph.jobs.errors import StorageFull
from graph.jobs.space import MIB, Space


def test_jobs_are_refused_below_the_low_water_mark(tmp_path: Path):
    free = [65 * MIB]
    space = Space(tmp_path, 64 * MIB, free=lambda _: free[0])
    space.check()
    free[0] = 63 * MIB
    with pytest.raises(StorageFull, match="63 MiB left, and 64 MiB are kept free"):
        space.check()


def test_a_reserve_is_held_while_there_is_room_and_can_be_given_up(tmp_path: Path):
    free = [1000 * MIB]
    space = Space(tmp_path, 64 * MIB, 2 * MIB, lambda _: free[0])
    space.hold()
    assert (tmp_path / "reserve").stat().st_size == 2 * MIB
    space.give_up()
    space.give_up()
    free[0] = 66 * MIB
    space.hold()
    assert not (tmp_path / "reserve").exists()
