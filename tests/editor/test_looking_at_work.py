"""What nodes show of their work: previews, results of any output, sizes of values. Numbers: the editor's checklist."""

import re

from playwright.sync_api import expect

from tests.editor.graph_page import GraphPage
from tests.editor.test_crafting import in_subgraph

PATIENCE_MS = 120_000


def run_quickly(graph_page: GraphPage, steps: int) -> None:
    """Run the default graph with so many steps."""
    field = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    field.click()
    graph_page.page.keyboard.type(str(steps))
    graph_page.press("Enter", "Control+Enter")


def look_at(graph_page: GraphPage, title: str) -> None:
    """Ctrl+Shift+click on a node."""
    keyboard = graph_page.page.keyboard
    keyboard.down("Control")
    keyboard.down("Shift")
    graph_page.page.mouse.click(*graph_page.head(title))
    keyboard.up("Shift")
    keyboard.up("Control")


def test_the_sampler_shows_its_work_while_it_goes_on(graph_page: GraphPage) -> None:
    """Checklist 43 and 44: a picture, steps and an outline, long before there is a result."""
    run_quickly(graph_page, 20)
    sampler = graph_page.node("Sampler")
    expect(sampler.locator("canvas[data-preview]")).to_be_visible(timeout=PATIENCE_MS)
    expect(graph_page.node("Save").get_by_role("img", name=re.compile("Picture"))).to_have_count(0)
    expect(sampler.get_by_role("article")).to_have_attribute("data-state", "running")
    expect(sampler.locator(".node-badge")).to_contain_text("/20")
    graph_page.press("Control+Alt+Enter")
    expect(sampler.get_by_role("article")).not_to_have_attribute("data-state", "running", timeout=PATIENCE_MS)


def test_any_output_is_looked_at_and_sockets_tell_how_large_their_values_are(graph_page: GraphPage) -> None:
    """Checklist 50 (Ctrl+Shift+click, one viewer that moves) and 22."""
    page = graph_page.page
    field = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    field.click()
    page.keyboard.type("1")
    graph_page.press("Enter")
    count = graph_page.nodes.count()
    look_at(graph_page, "Decode")
    viewer = graph_page.node("Preview image")
    expect(viewer.get_by_role("img", name=re.compile("Picture"))).to_be_visible(timeout=PATIENCE_MS)
    expect(graph_page.socket("Decode", "output", "IMAGE")).to_have_attribute(
        "title", re.compile(r"1×\d+×\d+×3"), timeout=10_000
    )
    look_at(graph_page, "Latent")
    expect(graph_page.node("Preview as text")).to_be_visible()
    expect(graph_page.nodes).to_have_count(count + 1)
    expect(graph_page.socket("Sampler", "input", "latent_image")).to_have_attribute(
        "title", re.compile(r"1×\d+×\d+×\d+"), timeout=PATIENCE_MS
    )


def test_outputs_inside_of_a_subgraph_are_looked_at_too(graph_page: GraphPage) -> None:
    """Checklist 50 and 38."""
    field = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    field.click()
    graph_page.page.keyboard.type("1")
    graph_page.press("Enter")
    in_subgraph(graph_page)
    graph_page.press("Control+ArrowDown")
    expect(graph_page.node("Decode")).to_be_visible()
    look_at(graph_page, "Decode")
    picture = graph_page.node("Preview image").get_by_role("img", name=re.compile("Picture"))
    expect(picture).to_be_visible(timeout=PATIENCE_MS)


def test_a_node_is_run_again_with_what_follows_though_its_result_is_known(graph_page: GraphPage) -> None:
    """Checklist 50 and 49."""
    page = graph_page.page
    seed = graph_page.node("Sampler").get_by_role("button", name=re.compile("after each run"))
    while "stays" not in (seed.get_attribute("aria-label") or seed.get_attribute("title") or ""):
        seed.click()
    run_quickly(graph_page, 1)
    picture = graph_page.node("Save").get_by_role("img", name=re.compile("Picture"))
    expect(picture).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("status").filter(has_text="Finished")).to_be_attached(timeout=PATIENCE_MS)
    page.mouse.click(*graph_page.head("Decode"), button="right")
    page.get_by_role("menuitem", name="Run again from here").click()
    badge = graph_page.node("Decode").locator(".node-badge")
    expect(badge).to_have_attribute("title", re.compile("asked to run again"), timeout=PATIENCE_MS)
    expect(graph_page.node("Sampler").locator(".node-badge")).to_contain_text("cached")


def test_a_model_is_dragged_from_its_panel_onto_the_canvas_and_onto_a_node(graph_page: GraphPage) -> None:
    """Checklist 16."""
    page = graph_page.page
    graph_page.canvas.focus()
    graph_page.press("Shift+M")
    panel = page.locator("[data-panel=models]")
    file = panel.locator(".models-file", has_text="latentloom-tiny").first
    expect(file).to_be_visible(timeout=20_000)
    graph_page.press("Shift+F")
    page.wait_for_timeout(300)
    place = graph_page.empty_place()
    box = graph_page.canvas.bounding_box()
    assert box is not None
    file.drag_to(graph_page.canvas, target_position={"x": place[0] - box["x"], "y": place[1] - box["y"]})
    loader = graph_page.node("Load checkpoint")
    expect(loader).to_be_visible()
    expect(loader.get_by_role("button", name=re.compile("latentloom-tiny"))).to_be_visible()
    count = graph_page.nodes.count()
    file.drag_to(graph_page.node("Checkpoint"), target_position={"x": 60, "y": 14})
    expect(graph_page.node("Checkpoint")).to_have_attribute("data-selected", "")
    expect(graph_page.nodes).to_have_count(count)


def test_the_help_of_a_node_shows_how_it_is_declared(graph_page: GraphPage) -> None:
    """Checklist 62."""
    graph_page.click_head("Decode")
    graph_page.press("h")
    shown = graph_page.page.locator("[data-panel=help]")
    expect(shown).to_contain_text('"class_type": "VAEDecode"', timeout=20_000)
    shown.get_by_role("button", name="Show how it is declared").click()
    expect(shown).to_contain_text('@node("VAEDecode"')
