"""What goes wrong around the editor: a server that is killed in mid-run, and two windows that are worked in at once."""

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.editor.running_page import RunningPage
from tests.editor.test_running import picture
from tests.web.conftest import OwnServer, own_server, server
from tests.web.serving import ServerProcess, graph, hello

__all__ = ["own_server", "server"]  # fixtures: servers with small nodes, ready at once
STEPS = {"text": ["a", 0], "steps": 40, "seconds": 0.1}


def test_a_job_goes_on_after_the_server_was_killed_in_mid_run(
    built_editor: None, page: Page, own_server: OwnServer
) -> None:
    """Checklist 48: nobody reloads the page, and nobody runs anything again."""
    first = own_server()
    shown = RunningPage(page, first.url)
    shown.start()
    stepping = graph(s=("Steps", STEPS), p=("Picture", {"text": ["s", 0]}))
    shown.drop_document("killed", {**picture("killed"), **stepping})
    shown.run()
    steps = shown.node("Steps")
    expect(steps.locator("canvas[data-preview]")).to_be_visible()  # it is in the midst of its steps
    first.process.kill()
    first.process.wait()
    expect(page.locator(".connection-banner")).to_contain_text("Connection lost")
    steps_field = steps.get_by_role("spinbutton", name="seconds")
    steps_field.fill("0.05")  # nothing blocks editing meanwhile
    steps_field.press("Enter")
    again = own_server("--port", str(first.port), data=first.data)
    expect(page.locator(".connection-banner")).to_have_count(0)
    expect(shown.node("Picture").locator("img")).to_be_visible()
    shown.goes_idle()
    expect(steps_field).to_have_value("0.05")
    [job] = again.get("/api/v2/jobs")["jobs"]
    assert job["status"] == "succeeded"
    ran = again.get(f"/api/v2/jobs/{job['id']}/workflow")["workflow"]
    assert ran["s"]["inputs"]["seconds"] == 0.1  # what was queued is what ran


def test_two_windows_edit_run_and_save_two_workflows_without_harm(
    built_editor: None, context: BrowserContext, server: ServerProcess
) -> None:
    """Checklist 54 and 55: work goes to and fro between the windows; each has its own document, undo, run and file."""
    windows = {name: RunningPage(context.new_page(), server.url) for name in ("left window", "right window")}
    for name, window in windows.items():
        window.start()
        window.drop_document(name, picture(f"{name} 0"))
    for turn in (1, 2):
        for name, window in windows.items():
            window.page.bring_to_front()
            field(window).fill(f"{name} {turn}")
            field(window).press("Control+Enter")
            expect(window.node("Picture").locator(f'img[src*="{turn}_"]')).to_be_visible()
    for name, window in windows.items():
        window.page.bring_to_front()
        expect(field(window)).to_have_value(f"{name} 2")
        window.page.keyboard.press("Control+s")
        window.page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(window.toasts.filter(has_text="version 1")).to_be_visible()
    for name, window in windows.items():
        kept = server.get(f"/api/v2/workflows/{name.replace(' ', '%20')}")["workflow"]["graph"]
        assert kept["a"]["inputs"]["text"] == f"{name} 2"
        window.page.bring_to_front()
        window.canvas.focus()
        window.page.keyboard.press("Control+z")
        expect(field(window)).not_to_have_value(f"{name} 2")
        expect(field(window)).to_have_value(re.compile(f"^{name} [01]$"))


def test_two_tabs_of_one_window_keep_their_own_values_undo_and_results(
    built_editor: None, page: Page, server: ServerProcess
) -> None:
    """Checklist 55: a job that ends while another tab is shown is shown where it belongs."""
    shown = RunningPage(page, server.url)
    shown.start()
    slow_picture = {**picture("behind"), **graph(s=("Steps", {**STEPS, "steps": 8}))}
    slow_picture["p"]["inputs"]["text"] = ["s", 0]
    shown.drop_document("behind", slow_picture)
    shown.run()
    shown.drop_document("in front", hello("in front"))
    field(shown).fill("changed")
    field(shown).press("Enter")
    shown.goes_idle()
    expect(shown.nodes).to_have_count(2)
    page.get_by_role("tab", name="behind").click()
    expect(shown.node("Picture").locator("img")).to_be_visible()
    expect(field(shown)).to_have_value("behind")
    shown.canvas.focus()
    page.keyboard.press("Control+z")  # nothing to undo here; the other tab is not touched
    page.get_by_role("tab", name="in front").click()
    expect(field(shown)).to_have_value("changed")
    shown.canvas.focus()
    page.keyboard.press("Control+z")
    expect(field(shown)).to_have_value("in front")


def field(shown: RunningPage) -> Locator:
    return shown.node("Text").locator("input, textarea").first
