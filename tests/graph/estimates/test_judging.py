"""Graphs that would take more memory than there is are refused, for the input that makes them so large."""

from typing import Any

import pytest

from graph.estimates.judging import judge
from graph.estimates.machine import machine_bytes
from graph.estimates.memory import estimate
from graph.estimates.weights import Weights
from graph.folders import Folders
from graph.validation import Validated
from tests.graph.estimates.graphs import checked

GIB = 2**30


def judged(limit: int, tmp_path: Any, **nodes: Any) -> Validated:
    found = checked(**nodes)
    assert found.graph is not None
    return judge(found, estimate(found.graph, Folders(tmp_path), Weights()), limit)


def image(**inputs: int) -> dict[str, Any]:
    return {"a": ("EmptyImage", inputs), "s": ("Save", {"images": ["a", 0]})}


def test_an_absurd_size_is_refused(tmp_path):
    found = judged(
        24 * GIB,
        tmp_path,
        c=("Checkpoint", {"name": "m.safetensors"}),
        a=("Empty", {"width": 16384, "height": 16384, "batch_size": 64}),
        k=("Sample", {"model": ["c", 0], "latent_image": ["a", 0]}),
        d=("Decode", {"samples": ["k", 0], "vae": ["c", 2]}),
        s=("Save", {"images": ["d", 0]}),
    )
    assert found.graph is None
    (problem,) = found.problems
    assert (problem.code, problem.node, problem.input, problem.value) == ("too_large", "a", "batch_size", 64)
    assert problem.details["limit"] == 24 * GIB
    assert problem.details["outputs"] == ["s"]
    for word in ('Node a "Empty"', "64 pictures of 16384 x 16384", "24.0 GiB", "--memory-limit", "batch_size may be"):
        assert word in problem.message


def test_ordinary_sizes_pass(tmp_path):
    found = judged(GIB, tmp_path, **image(width=2048, height=2048, batch_size=4))
    assert found.graph is not None
    assert found.problems == ()


@pytest.mark.parametrize(
    ("inputs", "blamed"),
    [
        ({"width": 4096, "height": 4096, "batch_size": 64}, "batch_size"),
        ({"width": 16384, "height": 8192, "batch_size": 1}, "width"),
        ({"width": 8192, "height": 16384, "batch_size": 1}, "height"),
    ],
)
def test_what_is_said_to_fit_fits(tmp_path, inputs: dict[str, int], blamed: str):
    (problem,) = judged(GIB, tmp_path, **image(**inputs)).problems
    assert (problem.input, problem.value) == (blamed, inputs[blamed])
    fits = problem.details["max"]
    assert fits > 0
    assert judged(GIB, tmp_path, **image(**{**inputs, blamed: int(fits)})).is_valid


def test_a_factor_is_blamed_where_it_is(tmp_path):
    nodes = {
        "a": ("EmptyImage", {"width": 4096, "height": 4096, "batch_size": 1}),
        "b": ("ScaleBy", {"image": ["a", 0], "scale_by": 8.0}),
        "s": ("Save", {"images": ["b", 0]}),
    }
    (problem,) = judged(2 * GIB, tmp_path, **nodes).problems
    assert (problem.node, problem.input, problem.value) == ("b", "scale_by", 8.0)


def test_outputs_that_fit_still_run(tmp_path):
    found = judged(
        GIB,
        tmp_path,
        a=("EmptyImage", {"width": 16384, "height": 16384, "batch_size": 1}),
        s=("Save", {"images": ["a", 0]}),
        b=("EmptyImage", {"width": 64, "height": 64, "batch_size": 1}),
        t=("Save", {"images": ["b", 0]}),
    )
    assert found.graph is not None
    assert found.graph.targets == ("t",)
    assert [each.details["outputs"] for each in found.problems] == [["s"]]


def test_one_cause_is_told_once(tmp_path):
    nodes = image(width=16384, height=16384, batch_size=4)
    scaled = {f"n{index}": ("ScaleBy", {"image": ["a", 0], "scale_by": 1}) for index in range(5)}
    saved = {f"t{index}": ("Save", {"images": [f"n{index}", 0]}) for index in range(5)}
    found = judged(GIB, tmp_path, **nodes, **scaled, **saved)
    assert [each.node for each in found.problems] == ["a"]


def test_a_machine_says_what_it_has():
    found = machine_bytes()
    assert found is not None
    assert found > 2**28
