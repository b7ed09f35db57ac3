"""How well pictures keep to edges, as a figure."""

import numpy as np
import pytest
from PIL import Image

from nodes.diffusion.training.edge_agreement import agreement, edge_tasks, edges_of


def line(column: int) -> np.ndarray:
    edges = np.zeros((32, 32), np.float32)
    edges[:, column] = 1
    return edges


@pytest.mark.parametrize(("column", "expected"), [(10, 1.0), (12, 1.0), (13, 0.0)])
def test_edges_agree_where_they_are_at_most_the_tolerance_apart(column: int, expected: float) -> None:
    assert agreement(line(column), line(10), tolerance=2) == pytest.approx(expected)


def test_edges_too_many_lower_the_figure() -> None:
    assert agreement(np.maximum(line(10), line(25)), line(10)) == pytest.approx(2 / 3)


def test_nothing_agrees_with_nothing_only() -> None:
    nothing = np.zeros((32, 32), np.float32)
    assert agreement(nothing, nothing) == 1
    assert agreement(nothing, line(3)) == 0


def test_tasks_are_figures_with_what_they_must_show_or_scenes() -> None:
    figures, scenes = edge_tasks(2, True), edge_tasks(2, False)
    assert all(each.expectation is not None and each.edges.any() for each in figures)
    assert all(each.expectation is None for each in scenes)
    assert figures[0].edges.shape == (128, 128)


def test_the_edges_of_a_scene_are_lines() -> None:
    picture = Image.new("RGB", (64, 64), "white")
    picture.paste("black", (16, 16, 48, 48))
    edges = edges_of(picture)
    assert 100 < edges.sum() < 200
