from pathlib import Path

import pytest

from graph.jobs.store import JobStore
from graph.library.errors import StaleVersion, UnknownWorkflow
from graph.library.workflows import WorkflowLibrary
from graph.workflow import Workflow


@pytest.fixture
async def library(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        yield WorkflowLibrary(store.database)


def workflow(text: str) -> Workflow:
    return Workflow.parse({"1": {"class_type": "Text", "inputs": {"text": text, "size": 1}}})


async def test_a_save_adds_a_version_and_never_overwrites(library):
    for text in ("a", "b"):
        await library.save("draw", workflow(text))
    assert [each.version for each in await library.versions("draw")] == [2, 1]
    assert [(await library.version("draw", n))[1] for n in (1, 2)] == [workflow("a"), workflow("b")]
    assert (await library.version("draw"))[0].version == 2


async def test_the_same_document_is_not_saved_again(library):
    first, is_new = await library.save("draw", workflow("a"))
    assert is_new
    other_order = Workflow.parse({"1": {"inputs": {"size": 1, "text": "a"}, "class_type": "Text"}})
    assert await library.save("draw", other_order) == (first, False)


async def test_an_older_document_can_be_saved_again(library):
    for text in ("a", "b", "a"):
        last, is_new = await library.save("draw", workflow(text))
    assert (last.version, is_new) == (3, True)


async def test_who_edited_an_older_version_is_told(library):
    await library.save("draw", workflow("a"), base=0)
    await library.save("draw", workflow("b"), base=1)
    with pytest.raises(StaleVersion, match="version 2 in the meantime"):
        await library.save("draw", workflow("c"), base=1)
    with pytest.raises(StaleVersion, match="already"):
        await library.save("draw", workflow("c"), base=0)
    assert (await library.find("draw")).latest == 2


async def test_what_is_archived_can_be_read_and_comes_back_with_the_next_save(library):
    await library.save("draw", workflow("a"))
    await library.archive("draw")
    assert (await library.page()).workflows == ()
    assert [each.name for each in (await library.page(archived=True)).workflows] == ["draw"]
    assert (await library.version("draw"))[1] == workflow("a")
    version, is_new = await library.save("draw", workflow("a"))
    assert (version.version, is_new) == (2, True)
    assert (await library.find("draw")).archived is None


async def test_lists_are_read_in_pages(library):
    for name in "cab":
        await library.save(name, workflow(name))
    page = await library.page(limit=2)
    assert ([each.name for each in page.workflows], page.has_more) == (["a", "b"], True)
    page = await library.page(after="b", limit=2)
    assert ([each.name for each in page.workflows], page.has_more) == (["c"], False)


async def test_unknown_names_and_versions_are_told(library):
    with pytest.raises(UnknownWorkflow):
        await library.version("nothing")
    with pytest.raises(UnknownWorkflow):
        await library.archive("nothing")
    await library.save("draw", workflow("a"))
    with pytest.raises(UnknownWorkflow, match="the latest is 1"):
        await library.version("draw", 2)


async def test_workflows_survive_a_restart(tmp_path):
    async with await JobStore.open(tmp_path) as store:
        await WorkflowLibrary(store.database).save("draw", workflow("a"), "first")
    async with await JobStore.open(tmp_path) as store:
        version, document = await WorkflowLibrary(store.database).version("draw")
    assert (version.version, version.note, document) == (1, "first", workflow("a"))
