"""Workflows that people published run to their end, or are refused for the true reason."""

import os
from pathlib import Path

import pytest
from PIL import Image

from tests.workflows.running import House
from tests.workflows.truth import untrue
from tests.workflows.wild import judge, nodes_of

FOLDER = Path(os.environ.get("LATENTLOOM_WILD") or Path(__file__).parents[3] / "shared" / "wild_workflows")
FILES = sorted(FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("wild"))


@pytest.mark.skipif(not FILES, reason="NOT TESTED: the published workflows are not in ../shared/wild_workflows")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_published_workflow_runs_or_is_refused_for_the_true_reason(path: Path, house: House) -> None:
    verdict = judge(nodes_of(path), house)
    assert list(untrue(verdict, house.catalogue)) == []
    assert verdict.kind != "FAILED while it ran", verdict.ran
    for file in verdict.ran.files if verdict.ran is not None else ():
        assert file.stat().st_size > 0
        if file.suffix == ".png":
            with Image.open(file) as picture:
                picture.verify()
