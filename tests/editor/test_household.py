"""Versions, sweeps, masks, messages, looks and languages. Numbers are those of the checklist of the editor."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.editor.graph_page import GraphPage
from tests.editor.running_page import RunningPage
from tests.web.conftest import server
from tests.web.serving import ServerProcess, eventually, graph, hello

__all__ = ["server"]  # a fixture: a server with small nodes, ready at once
MOST_CODE_KB = 350
CUT_OFF = """() => [...document.querySelectorAll("button, label, h1, h2, h3, legend, [role=tab], [role=menuitem]")]
    .filter((each) => {
        const style = getComputedStyle(each);
        const isClipped = style.overflowX !== "visible" && style.textOverflow !== "ellipsis";
        return each.offsetParent !== null && isClipped && each.scrollWidth > each.clientWidth + 1;
    })
    .map((each) => each.outerHTML.slice(0, 120))"""
LENGTHEN = """() => {
    const walker = document.createTreeWalker(document.querySelector(".shell"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.data;
        if (/[a-z]{2}/i.test(text)) walker.currentNode.data = text + "o".repeat(Math.ceil(text.length * 0.4));
    }
}"""


@pytest.fixture
def light_page(built_editor: None, page: Page, server: ServerProcess) -> RunningPage:
    shown = RunningPage(page, server.url)
    shown.start()
    return shown


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def test_41_what_a_version_changed_is_listed_and_marked(light_page: RunningPage, server: ServerProcess) -> None:
    page, place = light_page.page, "/api/v2/workflows/compared/versions"
    second = {**graph(a=("Text", {"text": "after"}), c=("Show", {"text": ["a", 0]})), "b": hello()["b"]}
    for document in (hello("before"), second):
        assert server.ask("POST", place, {"workflow": {"latentloom": 1, "graph": document}})[0] == 201
    light_page.open_panel("Workflows")
    page.get_by_role("button", name="Versions: compared").click()
    page.locator(".version-list > li").first.get_by_role("button", name="Changes").click()
    rows = page.locator(".changes li")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Show")
    expect(rows.nth(0).get_by_role("img", name="New")).to_be_visible()
    expect(rows.nth(1)).to_contain_text("text before after")
    page.get_by_role("button", name="Select 2 nodes on the canvas").click()
    expect(light_page.shown_tab).to_contain_text("compared")
    expect(page.locator(".node-frame[data-selected]")).to_have_count(2)
    rows.nth(1).get_by_role("button", name="Text").click()
    expect(page.locator(".node-frame[data-selected]")).to_have_count(1)


def test_42_a_sweep_runs_every_combination(light_page: RunningPage, server: ServerProcess) -> None:
    page = light_page.page
    light_page.drop_document("swept", graph(c=("Choose", {"size": 1, "kind": "round"}), d=("Show", {"text": ["c", 0]})))
    page.get_by_role("button", name="How to run").click()
    page.get_by_role("menuitem", name="Try several values").click()
    for name in ("Choose: size", "Choose: kind"):
        dialog(page).get_by_role("button", name="Vary an input").click()
        page.get_by_role("option", name=name).click()
    size = dialog(page).get_by_role("textbox", name="Choose: size")
    size.fill("1..9")
    expect(dialog(page)).to_contain_text("“1..9” is no value of this input")
    expect(dialog(page).get_by_role("button", name="Run")).to_be_disabled()
    size.fill("1..5..2, 8")
    dialog(page).get_by_role("checkbox", name="square").check()
    expect(dialog(page).get_by_role("status")).to_have_text("8 combinations")
    dialog(page).get_by_role("button", name="Run").click()
    expect(light_page.toasts.filter(has_text="8 jobs are queued")).to_be_visible()
    jobs = eventually(lambda: _swept(server), 30)
    sweep = server.get(f"/api/v2/sweeps/{jobs[0]['sweep']}")
    assert sweep["axes"] == {"c.size": [1, 3, 5, 8], "c.kind": ["round", "square"]}
    assert sweep["counts"] == {"succeeded": 8}


def _swept(server: ServerProcess) -> list[Any]:
    jobs = [job for job in server.get("/api/v2/jobs?limit=100")["jobs"] if job["sweep"]]
    return jobs if len(jobs) >= 8 and all(job["status"] == "succeeded" for job in jobs) else []


def test_the_pictures_of_a_sweep_are_shown_on_one_sheet(graph_page: GraphPage) -> None:
    page = graph_page.page
    before = _made(page)
    steps = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    steps.fill("2")
    steps.press("Enter")
    graph_page.press("Control+k")
    page.keyboard.type("several values")
    graph_page.press("Enter")
    dialog(page).get_by_role("button", name="Vary an input").click()
    page.keyboard.type("sampler steps")
    graph_page.press("Enter")
    dialog(page).get_by_role("textbox", name="Sampler: steps").fill("1..3")
    dialog(page).get_by_role("button", name="Run").click()
    page.locator('.panel-tab[aria-label="History"]').click()
    sheet = page.locator(".history-card").filter(has=page.locator('img[src*="sweep"]'))
    expect(sheet).to_have_count(1, timeout=90_000)
    assert _made(page) == before + 4  # the panel shows only those in view


def _made(page: Page) -> int:
    return int(page.evaluate("async () => (await (await fetch('/api/v2/gallery?limit=100')).json()).made.length"))


def test_the_mask_editor_goes_nearer_and_paints_where_the_pointer_is(graph_page: GraphPage, tmp_path: Path) -> None:
    page = graph_page.page
    picture = tmp_path / "plain.png"
    Image.new("RGB", (96, 64), (200, 40, 40)).save(picture)
    page.mouse.move(*graph_page.empty_place())
    graph_page.press("Tab")
    page.keyboard.type("load image")
    graph_page.press("Enter")
    loader = graph_page.nodes.filter(has=page.get_by_role("button", name="Upload a picture"))
    with page.expect_file_chooser() as chooser:
        loader.get_by_role("button", name="Upload a picture").click()
    chooser.value.set_files(picture)
    loader.get_by_role("button", name="Paint a mask").click()
    layer = page.get_by_role("img", name="The mask")
    expect(layer).to_be_visible()
    before = layer.bounding_box()
    assert before is not None
    at = (
        round(before["x"] + before["width"] * 0.25),
        round(before["y"] + before["height"] * 0.5),
    )  # wheels know no halves
    under = (at[0] - before["x"]) / before["width"]
    page.mouse.move(*at)
    page.keyboard.down("Control")
    for _ in range(4):
        page.mouse.wheel(0, -150)
    page.keyboard.up("Control")
    expect(page.locator(".picture-editor-zoom")).to_have_text("400 %")
    near = layer.bounding_box()
    assert near is not None
    assert near["width"] == pytest.approx(4 * before["width"], rel=0.01)
    assert near["x"] + near["width"] * under == pytest.approx(at[0], abs=1)  # what was under the pointer still is
    page.mouse.down(button="middle")
    page.mouse.move(at[0] + 40, at[1] + 30, steps=4)
    page.mouse.up(button="middle")
    assert layer.bounding_box() == pytest.approx({**near, "x": near["x"] + 40, "y": near["y"] + 30}, abs=1)
    page.mouse.click(at[0] + 40, at[1] + 30)
    painted = layer.evaluate("(canvas) => canvas.getContext('2d').getImageData(24, 32, 1, 1).data[3]")
    assert painted == 255
    graph_page.press("0")
    assert layer.bounding_box() == pytest.approx(before, abs=1)


def test_61_the_first_load_is_small(page: Page, server: ServerProcess, built_editor: None) -> None:
    """Seconds depend on the machine; what has to come over the wire for the first picture does not."""
    page.goto(server.url)
    expect(page.get_by_role("tab").first).to_be_visible()
    found: dict[str, Any] = page.evaluate(
        """() => {
            const code = performance.getEntriesByType("resource").filter(({name}) => /\\.(js|css)$/.test(name));
            return {
                bytes: code.reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0),
                blocking: document.querySelectorAll("script:not([type=module]), link[rel=stylesheet]").length,
                bare: code.filter(({encodedBodySize, decodedBodySize}) =>
                    decodedBodySize > 4000 && encodedBodySize === decodedBodySize).length,
            };
        }"""
    )
    assert 0 < found["bytes"] <= MOST_CODE_KB * 1000
    assert found["bare"] == 0  # all of it comes compressed
    assert found["blocking"] <= 1


def test_58_the_theme_is_switched_and_made_ones_own_without_a_reload(graph_page: GraphPage) -> None:
    page = graph_page.page
    page.evaluate("window.sameVisit = true")

    def background() -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")  # type: ignore[no-any-return]  # text

    dark = background()
    page.emulate_media(color_scheme="light")  # it follows the system
    expect(page.locator("html")).to_have_attribute("data-scheme", "light")
    light = background()
    assert light != dark
    page.get_by_role("button", name=re.compile("theme")).click()  # and then what was chosen
    expect(page.locator("html")).to_have_attribute("data-scheme", "dark")
    assert background() == dark
    assert page.evaluate("window.sameVisit")


def test_63_messages_leave_the_run_button_free_go_away_and_can_be_read_again(light_page: RunningPage) -> None:
    page = light_page.page
    light_page.drop("letter.json", b'{"dear": "reader"}', "application/json")
    toast = light_page.toasts.filter(has_text="could not be opened")
    expect(toast).to_be_visible()
    button, message = page.locator(".run-control").bounding_box(), toast.bounding_box()
    assert button is not None
    assert message is not None
    apart = button["y"] + button["height"] <= message["y"] or message["x"] + message["width"] <= button["x"]
    assert apart, (button, message)
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    light_page.open_panel("Messages so far")
    expect(page.locator(".message-list li").first).to_contain_text("could not be opened")


@pytest.mark.parametrize(("language", "run"), [("English", "Run"), ("Deutsch", "Ausführen"), ("Français", "Exécuter")])
def test_64_texts_change_with_the_language_and_none_is_cut_off(graph_page: GraphPage, language: str, run: str) -> None:
    """Not even where a text is 40 per cent longer, at 1280 by 720."""
    page = graph_page.page
    page.set_viewport_size({"width": 1280, "height": 720})
    page.keyboard.press("Control+,")
    dialog(page).get_by_label(re.compile("Language|Sprache|Langue")).select_option(label=language)
    page.keyboard.press("Escape")
    button = page.locator(".run-button")
    expect(button).to_contain_text(run)
    for key in ("w", "q"):
        graph_page.canvas.focus()
        page.keyboard.press(key)
    expect(page.locator(".panel-head h2")).to_have_count(2)
    assert page.evaluate(CUT_OFF) == []
    page.evaluate(LENGTHEN)
    assert page.evaluate(CUT_OFF) == []
    expect(button).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_64_nothing_is_lost_where_people_write_from_right_to_left(graph_page: GraphPage) -> None:
    page = graph_page.page
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.wait_for_timeout(300)
    expect(page.locator(".run-button")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box, tabs = page.locator(".run-control").bounding_box(), page.get_by_role("tablist").bounding_box()
    assert box is not None
    assert tabs is not None
    assert box["x"] + box["width"] <= tabs["x"] + 1  # the bar is mirrored
