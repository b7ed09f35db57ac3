"""Subgraphs, groups, notes, the form, masks, the outline and settings; numbers are those of the editor's checklist."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.editor.conftest import ROOT
from tests.editor.graph_page import GraphPage
from tests.web.serving import ServerProcess

AXE = ROOT / "web/editor/node_modules/axe-core/axe.min.js"
SLOW_MS = 20_000


def panel(page: Page, name: str) -> Locator:
    return page.locator(f"[data-panel={name}]")


def saved(graph_page: GraphPage) -> dict[str, Any]:
    """The document that is shown, as "Copy as text" gives it."""
    graph_page.canvas.focus()
    graph_page.press("Control+k")
    graph_page.page.keyboard.type("copy as text")
    graph_page.press("Enter")
    expect(graph_page.page.get_by_text("in the clipboard").last).to_be_visible()
    text = graph_page.page.evaluate("navigator.clipboard.readText()")
    document: dict[str, Any] = json.loads(text)
    return document


def in_subgraph(graph_page: GraphPage) -> None:
    """Sampler, Decode and Latent as a subgraph."""
    graph_page.click_head("Sampler")
    graph_page.click_head("Decode", modifier="Shift")
    graph_page.click_head("Latent", modifier="Shift")
    graph_page.press("Control+Shift+G")
    expect(graph_page.node("Subgraph")).to_be_visible()


def test_a_selection_becomes_a_subgraph_that_is_entered_left_and_unpacked(graph_page: GraphPage) -> None:
    """Checklist 38."""
    in_subgraph(graph_page)
    expect(graph_page.node("Sampler")).to_have_count(0)
    assert graph_page.is_linked("Save", "images")
    graph_page.page.mouse.dblclick(*graph_page.head("Subgraph"))
    expect(graph_page.node("Sampler")).to_be_visible()
    crumbs = graph_page.page.get_by_role("navigation", name="Where you are")
    expect(crumbs.get_by_role("button", name="Subgraph")).to_have_attribute("aria-current", "location")
    graph_page.canvas.focus()
    graph_page.press("Escape")
    expect(crumbs).to_have_count(0)
    graph_page.click_head("Subgraph")
    graph_page.press("Control+k")
    graph_page.page.keyboard.type("unpack")
    graph_page.press("Enter")
    expect(graph_page.node("Sampler")).to_be_visible()
    assert graph_page.is_linked("Save", "images")
    assert saved(graph_page)["subgraphs"] == {}


def test_a_promoted_widget_is_edited_outside_and_the_server_runs_it(graph_page: GraphPage) -> None:
    """Checklist 38: what is run is the document; the server unfolds it and tells of the nodes inside."""
    in_subgraph(graph_page)
    graph_page.press("Control+ArrowDown")
    graph_page.click_head("Sampler")
    graph_page.page.get_by_role("button", name="Shown outside").click()
    shown = panel(graph_page.page, "subgraph")
    steps_shown = shown.locator(".subgraph-node[open] label", has_text="steps").get_by_role("checkbox")
    steps_shown.check(timeout=SLOW_MS)
    graph_page.canvas.focus()
    graph_page.press("Control+ArrowUp")
    steps = graph_page.node("Subgraph").get_by_role("spinbutton", name="steps")
    steps.click()
    graph_page.page.keyboard.type("2")
    graph_page.press("Enter", "Control+Enter")
    graph_page.canvas.focus()
    graph_page.press("Shift+F")
    expect(graph_page.node("Save").get_by_role("img")).to_be_visible(timeout=90_000)
    document = saved(graph_page)
    use = next(node for node in document["graph"].values() if node["class_type"] in document["subgraphs"])
    assert use["inputs"]["steps"] == 2


def test_a_group_takes_its_nodes_along_and_is_named(graph_page: GraphPage) -> None:
    """Checklist 36."""
    graph_page.click_head("Prompt")
    graph_page.click_head("Negative prompt", modifier="Shift")
    graph_page.press("Control+g", "F2")
    name = panel(graph_page.page, "selection").get_by_role("textbox", name="Rename")
    expect(name).to_be_focused(timeout=SLOW_MS)
    name.fill("Prompts")
    name.press("Enter")
    graph_page.canvas.focus()
    graph_page.press("Control+m")
    expect(graph_page.node("Prompt").get_by_role("article")).to_have_attribute("data-mode", "mute")
    [group] = saved(graph_page)["layout"]["groups"].values()
    assert group["title"] == "Prompts"
    assert len(group["nodes"]) == 2


def test_arranging_is_one_step_of_undo(graph_page: GraphPage) -> None:
    """Checklist 37."""
    before = graph_page.head("Save")
    graph_page.drag(before, (before[0] - 220, before[1] + 160))
    moved = graph_page.head("Save")
    graph_page.press("Escape", "l")
    expect(graph_page.page.get_by_role("status").filter(has_text="nodes arranged")).to_be_attached(timeout=SLOW_MS)
    assert graph_page.head("Save") != pytest.approx(moved, abs=2)
    graph_page.press("Control+z")
    graph_page.page.wait_for_timeout(200)
    assert graph_page.head("Save") == pytest.approx(moved, abs=2)


def test_notes_are_markdown_and_html_in_them_is_text(graph_page: GraphPage) -> None:
    """Checklist 39."""
    graph_page.page.mouse.move(*graph_page.empty_place())
    graph_page.canvas.focus()
    graph_page.press("n")
    graph_page.page.keyboard.type("# Title\n<img src=x onerror=alert(1)> **bold**")
    graph_page.press("Escape")
    note = graph_page.page.locator(".note").last
    expect(note.get_by_role("heading", name="Title")).to_be_visible()
    expect(note.locator("strong")).to_have_text("bold")
    expect(note.locator("img")).to_have_count(0)


def test_one_change_of_a_shared_widget_changes_all_selected_nodes(graph_page: GraphPage) -> None:
    """Checklist 40."""
    graph_page.click_head("Prompt")
    graph_page.click_head("Negative prompt", modifier="Shift")
    graph_page.press("e")
    text = panel(graph_page.page, "selection").get_by_role("textbox", name="text")
    text.fill("the same", timeout=SLOW_MS)
    for title in ("Prompt", "Negative prompt"):
        expect(graph_page.node(title).get_by_role("textbox")).to_have_value("the same")
    graph_page.canvas.focus()
    graph_page.press("Control+z")
    expect(graph_page.node("Negative prompt").get_by_role("textbox")).to_have_value("")


def prompt_in(form: Locator) -> Locator:
    """The prompt in the form, which has the usual inputs from here on."""
    prompt = form.get_by_role("textbox", name=re.compile("^prompt$", re.I))
    usual = form.get_by_role("button", name="Take the usual inputs")
    expect(usual.or_(prompt)).to_be_visible(timeout=SLOW_MS)
    if usual.is_visible():
        usual.click()
    return prompt


def test_the_form_edits_the_same_graph_with_the_same_undo(graph_page: GraphPage) -> None:
    """Checklist 57."""
    graph_page.canvas.focus()
    graph_page.press("Shift+W")
    prompt = prompt_in(panel(graph_page.page, "form"))
    before = prompt.input_value()
    prompt.fill("a green square")
    expect(graph_page.node("Prompt").get_by_role("textbox")).to_have_value("a green square")
    graph_page.canvas.focus()
    graph_page.press("Control+z")
    expect(prompt).to_have_value(before)


def test_on_a_phone_the_form_is_what_is_shown(page: Page, editor_server: ServerProcess) -> None:
    """Checklist 57: everything of the form is within a narrow screen."""
    page.set_viewport_size({"width": 390, "height": 760})
    page.goto(editor_server.url)
    form = panel(page, "form")
    expect(prompt_in(form)).to_be_in_viewport()
    box = form.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(390, abs=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_painted_mask_is_what_the_picture_carries(
    graph_page: GraphPage, editor_server: ServerProcess, tmp_path: Path
) -> None:
    """A mask is kept as alpha: `LoadImage` reads one minus it."""
    picture = tmp_path / "plain.png"
    Image.new("RGB", (96, 64), (200, 40, 40)).save(picture)
    page = graph_page.page
    page.mouse.move(*graph_page.empty_place())
    graph_page.canvas.focus()
    graph_page.press("Tab")
    page.keyboard.type("load image")
    graph_page.press("Enter")
    loader = graph_page.nodes.filter(has=page.get_by_role("button", name="Upload a picture"))
    with page.expect_file_chooser() as chooser:
        loader.get_by_role("button", name="Upload a picture").click(timeout=SLOW_MS)
    chooser.value.set_files(picture)
    loader.get_by_role("button", name="Paint a mask").click(timeout=SLOW_MS)
    layer = page.get_by_role("img", name="The mask")
    expect(layer).to_be_visible(timeout=SLOW_MS)
    box = layer.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    graph_page.drag(middle, (middle[0] + box["width"] / 4, middle[1]))
    graph_page.press("Control+z", "Control+Shift+z")
    page.get_by_role("button", name="Use the mask").click()
    expect(loader.get_by_role("button", name=re.compile("clipspace.mask-"))).to_be_visible(timeout=SLOW_MS)
    [node] = [each for each in saved(graph_page)["graph"].values() if each["class_type"] == "LoadImage"]
    folder, name = node["inputs"]["image"].split("/")
    query = f"/api/view?filename={name}&subfolder={folder}&type=input"
    content = page.request.get(editor_server.url.rstrip("/") + query).body()
    alpha = Image.open(io.BytesIO(content)).getchannel("A")
    assert alpha.getpixel((48, 32)) == 0
    assert alpha.getpixel((4, 4)) == 255


def test_the_outline_connects_and_disconnects_with_the_keyboard(graph_page: GraphPage) -> None:
    """Checklist 60."""
    graph_page.canvas.focus()
    graph_page.press("o")
    tree = panel(graph_page.page, "outline").get_by_role("tree")
    expect(tree).to_be_focused(timeout=SLOW_MS)
    graph_page.press("End", "ArrowRight", "ArrowDown")
    active = graph_page.page.locator(f"id={tree.get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-label", "images, from Decode")
    graph_page.press("Delete")
    expect(active).to_have_attribute("aria-label", "images, not linked")
    assert not graph_page.is_linked("Save", "images")
    graph_page.press("Enter")
    expect(graph_page.page.get_by_role("option", name=re.compile("Decode: IMAGE"))).to_be_visible()
    graph_page.press("Enter")
    expect(active).to_have_attribute("aria-label", "images, from Decode")


def test_a_key_is_bound_anew_and_conflicts_are_told(graph_page: GraphPage) -> None:
    """Checklist 59."""
    page = graph_page.page
    graph_page.canvas.focus()
    graph_page.press("?")
    page.get_by_role("button", name="Add a key for Mute", exact=True).last.click(timeout=SLOW_MS)
    graph_page.press("p")
    expect(page.get_by_role("img", name=re.compile("Also: .*Pin")).first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Take P away from Pin")).click()
    expect(page.get_by_role("img", name=re.compile("Also:"))).to_have_count(0)
    graph_page.press("Escape")
    graph_page.click_head("Decode")
    graph_page.press("p")
    expect(graph_page.node("Decode").get_by_role("article")).to_have_attribute("data-mode", "mute")


def test_h_tells_what_the_selected_node_does(graph_page: GraphPage) -> None:
    """Checklist 62."""
    graph_page.click_head("Sampler")
    graph_page.press("h")
    shown = panel(graph_page.page, "help")
    expect(shown.get_by_role("heading", level=3)).to_be_visible(timeout=SLOW_MS)
    expect(shown).to_contain_text("KSampler")
    expect(shown).to_contain_text("denoise")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(graph_page: GraphPage, scheme: str) -> None:
    """Checklist 58 and 60: with panels and dialogs open, in both themes."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in web/editor.")
    page = graph_page.page
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.evaluate(AXE.read_text())
    graph_page.click_head("Sampler")
    found: list[str] = []
    for keys in (("o", "e"), ("Shift+W", "h"), ("?",), ("Control+,",)):
        graph_page.canvas.focus()
        graph_page.press(*keys)
        page.wait_for_timeout(1500)
        found += [f"{keys}: {each}" for each in serious(page)]
        if len(keys) == 1:
            graph_page.press("Escape")
            page.wait_for_timeout(200)
    assert found == []


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or critical: rule and elements."""
    return page.evaluate(  # type: ignore[no-any-return]  # what the script below returns
        """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
          .filter(({impact}) => impact === "serious" || impact === "critical")
          .map(({id, nodes}) => `${id}: ` + nodes.slice(0, 4).map((n) => n.html.slice(0, 140)).join(" | "))"""
    )


def test_the_editor_works_with_text_twice_as_large(graph_page: GraphPage) -> None:
    """Checklist 60: nothing of the bar or an open panel is lost at 1280 by 720."""
    page = graph_page.page
    page.set_viewport_size({"width": 1280, "height": 720})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    graph_page.canvas.focus()
    graph_page.press("o")
    expect(panel(page, "outline").get_by_role("treeitem").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Run", exact=True).first).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
