"""The workflows for models that people bring: each validates by the names that it tells, and draws with stand-ins."""

import re
from pathlib import Path

import pytest
from PIL import Image

from graph.workflow import Workflow, title_of
from tests.workflows.naming import files_of
from tests.workflows.running import House
from tests.workflows.shrinking import shrunk

FILES = sorted((Path(__file__).parents[2] / "workflows" / "families").glob("*.json"))
DOCUMENTED = Path(__file__).parents[2] / "docs" / "models.md"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("families"))


def opened(path: Path) -> Workflow:
    return Workflow.from_text(path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_draws_with_stand_ins_for_the_files_that_it_names(path: Path, house: House) -> None:
    workflow = opened(path)
    furnished, lacking = house.furnish(workflow.graph)
    assert lacking == []
    assert furnished == {key: dict(node) for key, node in workflow.graph.items()}, "every name can be a file's"
    validated = house.validate({**workflow.dump(), "graph": furnished})
    assert [problem.message for problem in validated.problems] == []
    ran = house.run(shrunk(furnished, house.catalogue))
    assert ran.is_done, ran.told
    assert ran.files
    for file in (each for each in ran.files if each.suffix == ".png"):
        with Image.open(file) as picture:
            assert len(picture.getcolors(picture.width * picture.height) or ()) > 1, "nothing is on the picture"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_tells_which_files_it_needs_and_where_they_go(path: Path, house: House) -> None:
    workflow = opened(path)
    (note,) = workflow.layout.notes.values()
    told = set(re.findall(r"^- `(.+)` → `models/(.+)`$", note.text, re.MULTILINE))
    needed = {(name, str(spec.files)) for _, spec, name in files_of(workflow.graph, house.catalogue)}
    assert told == {each for each in needed if each[1] != "input"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_people_can_read_it(path: Path) -> None:
    workflow = opened(path)
    titles = [title_of(node) for node in workflow.graph.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert workflow.layout.nodes.keys() == workflow.graph.keys()
    about = (workflow.model_extra or {})["about"]
    assert about["title"]
    assert about["description"].endswith(".")
    for parameter in workflow.layout.parameters.values():
        assert parameter.input in workflow.graph[parameter.node]["inputs"]


def test_the_documentation_lists_every_one() -> None:
    _, _, section = DOCUMENTED.read_text(encoding="utf-8").partition("## A workflow for each")
    named = set(re.findall(r"`(\w+)`", section.partition("\n## ")[0]))
    assert named >= {path.stem for path in FILES}
