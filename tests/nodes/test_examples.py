"""Every node type has an example; each is valid, and those whose files are shipped run to their end."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from graph.events import JobFailed, NodeFinished
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from graph.validation import validate
from graph.workflow import Workflow
from nodes.application import create
from nodes.catalogue import build_registry
from nodes.diffusion.files.audio_files import encode_flac
from nodes.examples.building import Example, examples
from nodes.examples.parts import SHIPPED
from nodes.examples.special import OF_ONE_FAMILY, SAME_AS, SPECIAL

MODELS = Path(__file__).parents[2] / "models"
CATALOGUE = build_registry().catalogue
EXAMPLES = examples(CATALOGUE)
RUN = [type_id for type_id, example in EXAMPLES.items() if not example.needs]
OWN_FILES = [
    type_id
    for type_id, example in EXAMPLES.items()
    if example.needs and all(each.split("/")[0] in ("input", "input_folders", "output") for each in example.needs)
]
"""Examples that need no model, but a picture, a sound or the like."""


def problems(example: Example) -> list[str]:
    """What is wrong with an example where the files that it needs are there."""

    def names(folder: str) -> list[str]:
        needed = [each.partition("/")[2] for each in example.needs if each.startswith(f"{folder}/")]
        return [*SHIPPED.get(folder, ()), *needed]

    return [each.message for each in validate(Workflow.parse(example.graph), CATALOGUE, choices=names).problems]


@pytest.mark.parametrize("type_id", EXAMPLES)
def test_an_example_is_valid_and_shows_the_node(type_id: str) -> None:
    example = EXAMPLES[type_id]
    assert problems(example) == []
    assert SAME_AS.get(type_id, type_id) in {node["class_type"] for node in example.graph.values()}


def test_every_node_has_an_example() -> None:
    assert EXAMPLES.keys() == CATALOGUE.specs.keys()


@pytest.mark.parametrize("type_id", SPECIAL)
def test_what_is_said_of_an_example_is_about_inputs_that_exist(type_id: str) -> None:
    spec = CATALOGUE.specs[type_id]
    grown = {f"{each.name}.{name}" for each in spec.inputs if each.autogrow for name in each.autogrow.names}
    assert spec.accepts_undeclared or SPECIAL[type_id].inputs.keys() <= {*grown, *(each.name for each in spec.inputs)}


def test_exceptions_are_about_nodes_that_exist() -> None:
    assert {*OF_ONE_FAMILY, *SAME_AS, *SAME_AS.values()} <= CATALOGUE.specs.keys()


class House:
    """Runs examples, one after the other, so that what they have in common is computed once."""

    def __init__(self, data: Path) -> None:
        settings = Settings(data=str(data), models=(str(MODELS),), cache="memory", device="cpu")
        self._data = data
        self._application, self._loop = create(settings.to_data()), asyncio.new_event_loop()
        self._runner = InlineRunner(self._application)
        self._loop.run_until_complete(self._runner.start())

    def close(self) -> None:
        self._loop.run_until_complete(self._runner.stop())
        self._loop.close()

    def stock(self) -> None:
        """Put files where examples look for them, most of them made by other examples."""
        inputs, outputs = self._data / "input", self._data / "output"
        for type_id in ("SaveVideo", "SaveLatent", "SaveTrainingDataset", "SaveImage"):
            self.run(EXAMPLES[type_id].graph)
        (inputs / "pictures").mkdir(parents=True)
        for name in ("photo.png", "pictures/one.png"):
            Image.new("RGBA", (64, 64), "navy").save(inputs / name)
        (inputs / "classes.csv").write_text("class\ndisc\n")
        (inputs / "sound.flac").write_bytes(encode_flac(0.5 * torch.rand(2, 44100), 44100, {}))
        shutil.copy(outputs / "video" / "ComfyUI_00001_.mp4", inputs / "clip.mp4")
        shutil.copy(outputs / "latents" / "ComfyUI_00001_.latent", inputs)

    def run(self, graph: Mapping[str, Any]) -> list[Any]:
        """What is shown at the end."""
        return self._loop.run_until_complete(self._shown(graph))

    async def _shown(self, graph: Mapping[str, Any]) -> list[Any]:
        shown: list[Any] = []
        failed = ""
        async for event in self._runner.run(JobRequest(id="example", document=graph)):
            if isinstance(event, JobFailed):
                failed = event.failure.message
            if isinstance(event, NodeFinished) and event.ui is not None:
                shown += [each for entries in event.ui.values() for each in entries]
        assert not failed
        return shown


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("examples"))
    yield house
    house.close()


@pytest.mark.parametrize("type_id", RUN)
def test_an_example_runs_and_shows_something(house: House, type_id: str) -> None:
    assert house.run(EXAMPLES[type_id].graph)


def test_examples_run_with_pictures_and_sounds_of_anybody(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.stock()
    for type_id in OWN_FILES:
        assert house.run(EXAMPLES[type_id].graph), type_id
    house.close()
