"""The embedded model through the real graph: pictures show what the prompt says.

Scores are shares over a few held-out prompts; the thresholds are what the shipped weights reach, with room for the few
pictures that are drawn here. The full figures stand in the model card.
"""

import asyncio
import copy
import json
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from PIL import Image

from graph.application import EngineApplication
from graph.events import JobFailed, NodeFinished
from graph.formats import read_any
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from nodes.application import create
from nodes.diffusion.training.adherence import score_picture
from nodes.diffusion.training.prompts import TestPrompt, single_prompts

ROOT = Path(__file__).parents[1]
WORKFLOW = json.loads((ROOT / "workflows" / "text_to_image.json").read_text(encoding="utf-8"))
Picture = Image.Image


class House:
    """Runs documents with the shipped models and returns the pictures they save."""

    def __init__(self, data: Path) -> None:
        self.output = data / "output"
        self._application: EngineApplication = create(
            Settings(data=str(data), models=(str(ROOT / "models"),)).to_data()
        )

    def run(self, document: dict[str, Any]) -> list[Path]:
        """The files that a document saves."""
        return asyncio.run(self._run(document))

    async def _run(self, document: dict[str, Any]) -> list[Path]:
        runner, paths = InlineRunner(self._application), []
        await runner.start()
        async for event in runner.run(JobRequest(id="job", document=document)):
            assert not isinstance(event, JobFailed), event
            if isinstance(event, NodeFinished) and event.ui:
                saved = [each for each in event.ui.get("images", ()) if each["type"] == "output"]
                paths += [self.output / each["subfolder"] / each["filename"] for each in saved]
        await runner.stop()
        return paths

    def draw(self, prompt: str, seed: int = 7, **sampling: Any) -> Picture:
        """The picture of a prompt."""
        document = copy.deepcopy(WORKFLOW)
        document["graph"]["2"]["inputs"]["text"] = prompt
        document["graph"]["5"]["inputs"] |= {"seed": seed, **sampling}
        return Image.open(self.run(document)[0]).convert("RGB")

    def shares(self, prompts: list[TestPrompt], **sampling: Any) -> dict[str, float]:
        """The share of pictures that show each thing that was asked for."""
        verdicts = [score_picture(self.draw(each.text, each.seed, **sampling), each.expectation) for each in prompts]
        keys = {key for verdict in verdicts for key in verdict}
        return {key: fmean(verdict[key] for verdict in verdicts if key in verdict) for key in sorted(keys)}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="module")
def reference(house: House) -> dict[str, float]:
    """What the pictures of single objects show, at 20 steps and guidance 5."""
    return house.shares(single_prompts(12))


def test_single_objects_have_the_colours_of_the_prompt(reference: dict[str, float]) -> None:
    assert reference["background"] >= 0.9, reference
    assert reference["colour"] >= 0.9, reference


def test_single_objects_have_the_shapes_of_the_prompt(reference: dict[str, float]) -> None:
    assert reference["shape"] >= 0.7, reference


def test_guidance_raises_adherence(house: House, reference: dict[str, float]) -> None:
    without = house.shares(single_prompts(12), cfg=1.0)
    assert reference["all"] > without["all"], without


def test_twenty_steps_follow_the_prompt_better_than_two(house: House, reference: dict[str, float]) -> None:
    hurried = house.shares(single_prompts(12), steps=2)
    assert reference["all"] > hurried["all"], hurried


def test_a_red_circle_on_blue_is_red_in_the_middle_and_blue_around(house: House) -> None:
    pixels = np.asarray(house.draw("a red circle on a blue background"), dtype=float)
    red, _, blue = pixels[56:72, 56:72].mean((0, 1))
    assert red > blue + 60
    red, _, blue = np.concatenate([pixels[:8], pixels[-8:]]).mean((0, 1))
    assert blue > red + 60


def test_the_seed_decides_the_picture(house: House) -> None:
    first, again, other = (np.asarray(house.draw("a green star on white", seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_saved_picture_draws_itself_again(house: House, tmp_path: Path) -> None:
    path = house.run(WORKFLOW)[0]
    again = House(tmp_path).run(dict(read_any(path.read_bytes()).dump()))[0]
    assert np.array_equal(np.asarray(Image.open(path)), np.asarray(Image.open(again)))


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").glob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_workflow_saves_a_picture(house: House, path: Path) -> None:
    paths = house.run(json.loads(path.read_text(encoding="utf-8")))
    assert paths
    assert all(np.asarray(Image.open(each)).std() > 5 for each in paths)
