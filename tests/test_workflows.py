"""Every workflow that we ship: it is valid, and it can be told apart from the others by its titles."""

from pathlib import Path

import pytest

from graph.registry import Catalogue
from graph.validation import validate
from graph.workflow import Workflow, title_of
from nodes.catalogue import build_registry

FILES = sorted((Path(__file__).parents[1] / "workflows").glob("*.json"))
SHIPPED = {
    "checkpoints": ("latentloom-tiny",),
    "controlnet": ("latentloom-tiny-edges.safetensors",),
    "upscale_models": ("latentloom-tiny-x2.safetensors",),
    "loras": (),
}
"""What a fresh checkout has in each folder of models."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_registry().catalogue


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_valid_with_nothing_but_the_models_we_ship(path: Path, catalogue: Catalogue) -> None:
    found = validate(Workflow.from_text(path.read_bytes()), catalogue, choices=SHIPPED.__getitem__)
    assert [problem.message for problem in found.problems] == []
    assert found.graph is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_node_has_a_title_of_its_own(path: Path) -> None:
    titles = [title_of(node) for node in Workflow.from_text(path.read_bytes()).graph.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_text_to_image_can_be_set_by_the_titles_that_the_documentation_names() -> None:
    document = Workflow.from_text((FILES[0].parent / "text_to_image.json").read_bytes())
    titles = {title_of(node) for node in document.graph.values()}
    assert titles == {"Checkpoint", "Prompt", "Negative prompt", "Latent", "Sampler", "Decode", "Save"}
