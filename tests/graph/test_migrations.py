import pytest

from graph.errors import WorkflowError
from graph.migrations import CURRENT_VERSION, MIGRATIONS, migrate


def rename_nodes(data: dict) -> dict:
    """From an imagined version 0, in which the graph was called `nodes`."""
    return {"graph": data["nodes"], **{key: value for key, value in data.items() if key != "nodes"}}


def test_an_old_document_is_brought_up_to_date_step_by_step() -> None:
    old = {"latentloom": 0, "nodes": {"1": {}}, "mine": True}
    steps = {0: rename_nodes, 1: lambda data: {**data, "layout": {}}}
    assert migrate(old, steps, current=2) == {"latentloom": 2, "graph": {"1": {}}, "mine": True, "layout": {}}
    assert old == {"latentloom": 0, "nodes": {"1": {}}, "mine": True}


def test_a_current_document_stays_as_it_is() -> None:
    document = {"latentloom": CURRENT_VERSION, "graph": {}, "mine": 1}
    assert migrate(document) == document


def test_a_newer_document_is_refused_with_what_to_do() -> None:
    with pytest.raises(WorkflowError, match=r"version 7, .* reads versions up to 1\. Update Latentloom"):
        migrate({"latentloom": 7, "graph": {}})


@pytest.mark.parametrize("version", ["1", None, True, 1.5])
def test_a_version_is_a_whole_number(version: object) -> None:
    with pytest.raises(WorkflowError, match="must be the format version"):
        migrate({"latentloom": version})


def test_a_version_that_never_was_is_refused() -> None:
    with pytest.raises(WorkflowError, match="never existed"):
        migrate({"latentloom": 0})


def test_every_released_version_has_its_migration() -> None:
    assert sorted(MIGRATIONS) == list(range(1, CURRENT_VERSION))
