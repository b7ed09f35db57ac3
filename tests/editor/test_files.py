"""Files, in a browser: what is dropped, saved, closed and kept. Numbers are those of the checklist of the editor."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.editor.running_page import RunningPage
from tests.editor.test_running import picture
from tests.web.conftest import server
from tests.web.serving import ServerProcess, hello
from tests.web.v2.test_jobs import EDITOR

__all__ = ["server"]  # a fixture: a server with small nodes, ready at once


@pytest.fixture
def light_page(built_editor: None, page: Page, server: ServerProcess) -> RunningPage:
    shown = RunningPage(page, server.url)
    shown.start()
    return shown


def picture_of(server: ServerProcess, text: str) -> bytes:
    """A picture that carries the workflow that made it."""
    status, job, _ = server.ask("POST", "/api/v2/jobs", {"workflow": picture(text)})
    assert status == 201
    (output,) = server.get(f"/api/v2/jobs/{job['id']}?wait=30")["outputs"]
    content = server.ask("GET", f"/api/v2/assets/{output['id']}/content")[1]
    assert isinstance(content, bytes)
    return content


def test_53_a_dropped_picture_opens_its_workflow_and_runs(light_page: RunningPage, server: ServerProcess) -> None:
    light_page.drop("carries.png", picture_of(server, "carried"), "image/png")
    expect(light_page.shown_tab).to_contain_text("carries")
    expect(light_page.nodes).to_have_count(2)
    light_page.run()
    expect(light_page.node("Picture").locator("img")).to_be_visible()
    light_page.goes_idle()


def test_53_what_comfyuis_browser_saves_opens_too(light_page: RunningPage) -> None:
    light_page.drop("from the browser.json", json.dumps(EDITOR).encode(), "application/json")
    expect(light_page.shown_tab).to_contain_text("from the browser")
    expect(light_page.node("Text").locator("input, textarea").first).to_have_value("from the browser")


def test_53_a_file_that_carries_nothing_says_so(light_page: RunningPage) -> None:
    light_page.drop("letter.json", b'{"dear": "reader"}', "application/json")
    expect(light_page.toasts.filter(has_text="could not be opened")).to_be_visible()


def test_54_a_save_adds_a_version_and_never_overwrites_anothers(light_page: RunningPage, server: ServerProcess) -> None:
    page = light_page.page
    name = "never overwritten"
    light_page.drop_document(name, hello("mine"))
    page.keyboard.press("Control+s")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(light_page.toasts.filter(has_text="version 1")).to_be_visible()
    theirs: dict[str, Any] = {"workflow": {"latentloom": 1, "graph": hello("theirs")}, "base": 1}
    assert server.ask("POST", f"/api/v2/workflows/{name.replace(' ', '%20')}/versions", theirs)[0] == 201
    light_page.node("Text").locator("input, textarea").first.fill("mine again")
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing was overwritten")
    dialog.get_by_role("button", name="Add a version").click()
    expect(light_page.toasts.filter(has_text="version 3")).to_be_visible()
    saved = server.get(f"/api/v2/workflows/{name.replace(' ', '%20')}/versions/2")
    assert saved["workflow"]["graph"]["a"]["inputs"]["text"] == "theirs"
    light_page.open_panel("Workflows")
    page.get_by_role("button", name=f"Versions: {name}").click()
    page.locator(".version-list li").last.get_by_role("button", name="Restore").click()
    expect(light_page.toasts.filter(has_text="Version 1 is the latest again")).to_be_visible()
    assert server.get(f"/api/v2/workflows/{name.replace(' ', '%20')}")["version"] == 4


def test_54_a_draft_is_there_again_after_the_page_is_gone(light_page: RunningPage) -> None:
    page = light_page.page
    light_page.drop_document("draft", hello("before"))
    text = light_page.node("Text").locator("input, textarea").first
    text.fill("drafted")
    text.blur()
    page.wait_for_timeout(2500)  # the pause before a draft is written, on a slow machine
    page.reload()
    expect(light_page.shown_tab).to_contain_text("draft")
    expect(light_page.node("Text").locator("input, textarea").first).to_have_value("drafted")
    expect(light_page.shown_tab).to_have_attribute("aria-label", "draft (not saved)")
    light_page.canvas.focus()
    page.keyboard.press("Control+z")  # the history is kept, too
    expect(light_page.node("Text").locator("input, textarea").first).to_have_value("before")


def test_54_two_windows_keep_their_own_drafts(
    built_editor: None, context: BrowserContext, server: ServerProcess
) -> None:
    pages = [RunningPage(context.new_page(), server.url) for _ in range(2)]
    for name, each in zip(("one", "two"), pages, strict=True):
        each.start()
        each.drop_document(name, hello(name))
        each.page.wait_for_timeout(2500)
    for name, each in zip(("one", "two"), pages, strict=True):
        each.page.reload()
        expect(each.shown_tab).to_contain_text(name)
        assert not any(other in each.tabs.all_inner_texts() for other in {"one", "two"} - {name})


def test_55_a_tab_that_was_closed_by_mistake_comes_back_as_it_was(light_page: RunningPage) -> None:
    light_page.drop_document("closed", hello("closed"))
    count = light_page.tabs.count()
    light_page.shown_tab.click(button="middle")
    expect(light_page.tabs).to_have_count(count - 1)
    light_page.toasts.filter(has_text="was closed").get_by_role("button", name="Reopen").click()
    expect(light_page.shown_tab).to_contain_text("closed")
    expect(light_page.nodes).to_have_count(2)


def test_56_a_template_opens_with_two_clicks(graph_page: Any) -> None:
    page = graph_page.page
    page.locator('.panel-tab[aria-label="Workflows"]').click()
    card = page.locator(".template-card", has_text="Two regions")
    expect(card.locator("img")).to_be_visible()
    card.click()
    expect(page.locator('[role="tab"][aria-selected="true"]')).to_contain_text("Two regions")
