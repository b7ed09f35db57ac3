"""Workflows that people published get the right verdict: they run, or are refused for the true reason."""

import os
from pathlib import Path

import pytest

from graph.registry import Catalogue
from nodes.catalogue import build_registry
from tests.wild_workflows import judge, untrue

FOLDER = Path(os.environ.get("LATENTLOOM_WILD") or Path(__file__).parents[2] / "shared" / "wild_workflows")
FILES = sorted(FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_registry().catalogue


@pytest.mark.skipif(not FILES, reason="NOT TESTED: the published workflows are not in ../shared/wild_workflows")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_published_workflow_runs_or_is_refused_for_the_true_reason(path: Path, catalogue: Catalogue) -> None:
    assert list(untrue(judge(path, catalogue), catalogue)) == []
