"""Running, in a browser: the queue, errors, the history. Numbers are those of the checklist of the editor."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.editor.running_page import RunningPage
from tests.web.conftest import OwnServer, own_server, server
from tests.web.serving import ServerProcess, graph, hello, slow

__all__ = ["own_server", "server"]  # fixtures: servers with small nodes, ready at once


@pytest.fixture
def light_page(built_editor: None, page: Page, server: ServerProcess) -> Iterator[RunningPage]:
    """The editor of a server with small nodes; nothing waits or runs before and after."""
    shown = RunningPage(page, server.url)
    shown.start()
    yield shown
    server.post("/api/queue", {"clear": True})
    server.post("/api/interrupt", {})


def lasting(text: str) -> dict[str, Any]:
    """Runs until it is stopped."""
    steps = {"text": ["a", 0], "steps": 250, "seconds": 0.5}
    return graph(a=("Text", {"text": text}), s=("Steps", steps), b=("Show", {"text": ["s", 0]}))


def picture(text: str) -> dict[str, Any]:
    return graph(a=("Text", {"text": text}), p=("Picture", {"text": ["a", 0]}))


def test_42_a_run_fills_the_button_and_the_title_and_can_be_stopped(light_page: RunningPage) -> None:
    light_page.drop_document("slow one", lasting("stopped"))
    light_page.run()
    expect(light_page.page).to_have_title(re.compile(r"^\d+ % · "))  # 43
    expect(light_page.page.get_by_role("progressbar", name="Running")).to_be_visible()
    light_page.page.keyboard.press("Control+Alt+Enter")
    light_page.goes_idle()
    expect(light_page.page).to_have_title(re.compile("^slow one"))


def test_42_a_batch_queues_as_often_as_is_wanted(light_page: RunningPage) -> None:
    page = light_page.page
    light_page.drop_document("batch", lasting("batch"))
    page.get_by_role("button", name="How to run").click()
    page.locator(".run-batch input").fill("3")
    page.keyboard.press("Escape")
    page.locator(".run-button").click()
    expect(page.locator(".run-waiting")).to_have_text("3")
    light_page.open_panel("Queue")
    page.get_by_role("button", name="Cancel all").click()
    light_page.goes_idle()


def test_45_a_wrong_value_marks_its_widget_before_anything_runs(light_page: RunningPage) -> None:
    light_page.drop_document("wrong", graph(c=("Choose", {"size": 99}), d=("Show", {"text": ["c", 0]})))
    node = light_page.node("Choose")
    expect(node.get_by_text("between 1 and 8", exact=False).first).to_be_visible()
    light_page.run()
    toast = light_page.toasts.filter(has_text="This cannot run yet")
    toast.get_by_role("button", name="Show").click()
    expect(node.locator("[aria-invalid=true]")).to_have_count(1)
    expect(node).to_be_in_viewport()
    light_page.goes_idle()


def test_45_a_node_that_fails_says_why_and_shows_the_trace(light_page: RunningPage) -> None:
    page = light_page.page
    failing = graph(a=("Text", {"text": "this"}), f=("Fail", {"text": ["a", 0]}), b=("Show", {"text": ["f", 0]}))
    light_page.drop_document("failing", failing)
    light_page.run()
    light_page.toasts.filter(has_text="A node failed").get_by_role("button", name="Show").click()
    report = light_page.node("Fail").locator(".node-failure")
    expect(report).to_contain_text("this is not acceptable")
    report.locator("summary").click()
    expect(report.locator("pre")).to_contain_text("Traceback")
    report.get_by_role("button", name="Copy report").click()
    page.wait_for_timeout(200)
    assert "this is not acceptable" in page.evaluate("navigator.clipboard.readText()")


def test_46_what_is_unknown_is_listed_and_nothing_of_it_is_lost(light_page: RunningPage) -> None:
    page = light_page.page
    light_page.drop_document("unknown", {**hello(), **graph(m=("Magic", {"spell": "abra", "power": 7}))})
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Magic")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    name = f"unknown {page.evaluate('Date.now()')}"
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Enter")
    expect(light_page.toasts.filter(has_text="is saved")).to_be_visible()
    saved = page.evaluate("async (name) => (await fetch('/api/v2/workflows/' + name)).json()", name)
    assert saved["workflow"]["graph"]["m"]["inputs"] == {"spell": "abra", "power": 7}


def test_47_51_the_queue_is_reordered_and_each_entry_is_its_snapshot(light_page: RunningPage) -> None:
    page = light_page.page
    light_page.drop_document("blocking", lasting("blocking"))
    light_page.run()
    for name in ("first", "second", "third"):
        light_page.drop_document(name, hello(name))
        light_page.run()
    light_page.open_panel("Queue")
    expect(light_page.waiting_names).to_have_text(["first", "second", "third"])
    item = page.locator("ol.queue-list > li").nth(2)
    item.get_by_role("button", name="Next").click()
    expect(light_page.waiting_names).to_have_text(["third", "first", "second"])
    page.locator("ol.queue-list > li").nth(1).get_by_role("button", name="Cancel").click()
    expect(light_page.waiting_names).to_have_text(["third", "second"])
    tabs = light_page.tabs.count()
    page.locator("ol.queue-list > li").nth(0).get_by_role("button", name="Open what it runs").click()
    expect(light_page.tabs).to_have_count(tabs + 1)
    expect(light_page.node("Text").locator("input, textarea").first).to_have_value("third")
    page.get_by_role("button", name="Cancel all").click()
    light_page.goes_idle()


def test_49_a_node_says_that_it_ran_why_and_for_how_long(light_page: RunningPage) -> None:
    light_page.drop_document("reasons", slow("reasons", steps=2))
    light_page.run()
    light_page.goes_idle()
    light_page.click_head("Steps")
    report = light_page.page.locator(".node-report")
    expect(report).to_contain_text("Ran in")
    expect(report).to_contain_text("Why:")
    light_page.run()
    expect(report).to_contain_text("the result was known")


def test_50_a_run_to_here_runs_nothing_behind(light_page: RunningPage) -> None:
    page = light_page.page
    light_page.drop_document("to here", slow("to here", steps=2))
    light_page.click_head("Text")
    page.keyboard.press("Control+k")
    page.keyboard.type("Run to here")
    page.keyboard.press("Enter")
    expect(page.locator(".node-report")).to_contain_text("Ran")
    light_page.goes_idle()
    light_page.click_head("Steps")
    expect(page.locator(".node-report")).to_have_count(0)


def test_48_51_what_was_made_outlives_reload_and_restart(built_editor: None, page: Page, own_server: OwnServer) -> None:
    first = own_server()
    shown = RunningPage(page, first.url)
    shown.start()
    shown.drop_document("kept", picture("kept"))
    shown.run()
    shown.open_panel("History")
    expect(shown.cards).to_have_count(1)
    page.reload()
    expect(shown.cards).to_have_count(1)
    expect(shown.node("Picture").locator("img")).to_be_visible()
    first.stop()
    banner = page.locator(".connection-banner")
    expect(banner).to_contain_text("Connection lost")
    shown.run()  # nothing is lost: it is sent when the server is back
    own_server("--port", str(first.port), data=first.data)
    expect(banner).to_have_count(0)
    expect(shown.cards).to_have_count(2)


def test_51_52_history_is_searched_compared_looked_at_and_deleted(
    built_editor: None, page: Page, own_server: OwnServer
) -> None:
    shown = RunningPage(page, own_server().url)
    shown.start()
    for text in ("castle", "forest"):
        shown.drop_document(text, picture(text))
        shown.run()
    shown.open_panel("History")
    expect(shown.cards).to_have_count(2)
    page.get_by_role("searchbox", name="Search prompts, models, files").fill("castle")
    expect(shown.cards).to_have_count(1)
    page.get_by_role("searchbox", name="Search prompts, models, files").fill("")
    expect(shown.cards).to_have_count(2)
    for at in range(2):
        shown.cards.nth(at).get_by_role("checkbox").check(force=True)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("slider").press("ArrowLeft")
    page.keyboard.press("Escape")
    for at in range(2):
        shown.cards.nth(at).get_by_role("checkbox").uncheck(force=True)
    shown.cards.first.locator(".history-picture").click()
    viewer = page.get_by_role("dialog")
    expect(viewer).to_contain_text("1 of 2")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("2 of 2")
    expect(viewer).to_contain_text("2 × 2")
    page.keyboard.press("Escape")
    shown.cards.first.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(shown.cards).to_have_count(1)
    shown.toasts.get_by_role("button", name="Undo").click()
    expect(shown.cards).to_have_count(2)


def test_54_what_was_opened_just_now_outlives_a_reload(light_page: RunningPage) -> None:
    light_page.drop_document("fresh", slow("fresh", steps=1))
    light_page.page.reload()
    expect(light_page.shown_tab).to_contain_text("fresh")
    expect(light_page.node("Steps")).to_be_visible()


def test_54_what_was_opened_just_now_outlives_a_reload_that_indexed_db_does_not(light_page: RunningPage) -> None:
    light_page.page.evaluate("() => void (IDBObjectStore.prototype.put = () => { throw new Error('too late'); })")
    light_page.drop_document("fresh", slow("fresh", steps=1))
    light_page.page.reload()
    expect(light_page.shown_tab).to_contain_text("fresh")
    expect(light_page.node("Steps")).to_be_visible()
