"""Time follows from earlier runs: of the same type, for as much work."""

from typing import Any

import pytest

from graph.estimates.memory import estimate
from graph.estimates.timing import Duration, Run, durations, runs_of
from graph.estimates.weights import Weights
from graph.folders import Folders
from tests.graph.estimates.graphs import checked


def planned(tmp_path: Any, runs: list[Run], side: int = 100) -> dict[str, Duration]:
    graph, found = known(tmp_path, side)
    return durations(graph, found, runs)


def known(tmp_path: Any, side: int) -> Any:
    nodes = {"n": ("Int", {"value": 1}), "v": ("SaveAny", {"value": ["n", 0]})}
    nodes |= {"a": ("EmptyImage", {"width": side, "height": side}), "s": ("Save", {"images": ["a", 0]})}
    graph = checked(**nodes).graph
    assert graph is not None
    return graph, estimate(graph, Folders(tmp_path), Weights())


def test_more_pixels_take_longer(tmp_path):
    found = planned(tmp_path, [Run("EmptyImage", 1.0, 10_000)], side=200)
    assert found == {"a": Duration(4.0, 1)}


def test_where_work_is_not_known_it_is_the_median(tmp_path):
    found = planned(tmp_path, [Run("Int", seconds, None) for seconds in (9.0, 1.0, 2.0)])
    assert found == {"n": Duration(2.0, 3)}


def test_what_never_ran_is_not_known(tmp_path):
    assert planned(tmp_path, [Run("Other", 1.0, None)]) == {}
    assert planned(tmp_path, []) == {}


def test_the_latest_runs_count(tmp_path):
    runs = [Run("Int", 1.0, None)] * 50 + [Run("Int", 100.0, None)] * 1000
    assert planned(tmp_path, runs)["n"] == Duration(1.0, 50)


def test_a_job_gives_runs_of_its_nodes(tmp_path):
    graph, found = known(tmp_path, 10)
    runs = runs_of(graph, found, {"a": 0.5, "n": 0.1, "made by an expansion": 3.0})
    assert runs == [Run("EmptyImage", 0.5, 100), Run("Int", 0.1, None)]
    assert durations(graph, found, runs)["a"].seconds == pytest.approx(0.5)
