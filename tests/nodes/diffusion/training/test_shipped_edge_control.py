"""The ControlNet that is shipped: pictures keep to the edges that it is shown, and to the colours of the prompt."""

from pathlib import Path

from nodes.diffusion.control.loading import open_control
from nodes.diffusion.training.edge_agreement import controlled_pipeline, draw_tasks, edge_tasks, measure
from nodes.diffusion.training.edge_control import MODEL, TARGET

ROOT = Path(__file__).parents[4]


def test_pictures_keep_to_edges_that_they_are_shown_and_to_nothing_else() -> None:
    pipeline, tasks = controlled_pipeline(ROOT / MODEL, ROOT / TARGET), edge_tasks(6, True)
    with_edges, without = (measure(draw_tasks(pipeline, tasks, strength), tasks) for strength in (1.0, 0.0))
    assert with_edges["edges"] > 0.85, (with_edges, without)
    assert with_edges["edges"] > without["edges"] + 0.2, (with_edges, without)
    assert with_edges["colour"] >= 0.8, (with_edges, without)


def test_it_is_a_small_controlnet_to_the_loader() -> None:
    assert open_control(ROOT / TARGET).kind == "controlnet"
    assert (ROOT / TARGET).stat().st_size < 6_500_000
