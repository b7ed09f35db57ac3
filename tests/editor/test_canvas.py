"""The canvas by mouse and keyboard; numbers are those of the checklist of the editor."""

import re

import pytest
from playwright.sync_api import expect

from tests.editor.graph_page import GraphPage, centre


def test_zooming_in_and_out_comes_back_to_where_it_was(graph_page: GraphPage) -> None:
    """Checklist 1."""
    before = graph_page.node("Sampler").bounding_box()
    graph_page.page.mouse.move(700, 420)
    for turn in (-240, -240, 240, 240):
        graph_page.page.mouse.wheel(0, turn)
    graph_page.page.wait_for_timeout(250)
    after = graph_page.node("Sampler").bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] == pytest.approx(before["x"], abs=0.5)
    assert after["width"] == pytest.approx(before["width"], abs=0.5)


def test_the_middle_button_and_space_pan(graph_page: GraphPage) -> None:
    """Checklist 2."""
    mouse, keyboard = graph_page.page.mouse, graph_page.page.keyboard
    x, y = graph_page.head("Sampler")
    mouse.move(*graph_page.empty_place())
    mouse.down(button="middle")
    mouse.move(graph_page.empty_place()[0] + 40, graph_page.empty_place()[1] - 30, steps=4)
    mouse.up(button="middle")
    assert graph_page.head("Sampler") == pytest.approx((x + 40, y - 30), abs=1)
    keyboard.down("Space")
    start = graph_page.head("Prompt")
    graph_page.drag(start, (start[0] - 40, start[1] + 30))
    keyboard.up("Space")
    assert graph_page.head("Sampler") == pytest.approx((x, y), abs=1)


def test_f_shows_what_is_selected_and_shift_f_everything(graph_page: GraphPage) -> None:
    """Checklist 3."""
    graph_page.click_head("Decode")
    graph_page.press("f")
    canvas, node = graph_page.canvas, graph_page.node("Decode")
    assert centre(node) == pytest.approx(centre(canvas), abs=2)
    graph_page.press("Shift+F")
    for title in ("Checkpoint", "Save"):
        expect(graph_page.node(title)).to_be_in_viewport()


@pytest.mark.parametrize("way", ["Tab", "Shift+A", "double click"])
def test_the_search_adds_a_node_at_the_pointer(graph_page: GraphPage, way: str) -> None:
    """Checklist 11: Tab, Shift+A and a double click open it, Enter takes the first hit, the focus comes back."""
    place = graph_page.empty_place()
    graph_page.page.mouse.move(*place)
    if way == "double click":
        graph_page.page.mouse.dblclick(*place)
    else:
        graph_page.press(way)
    graph_page.page.keyboard.type("vaeenc")  # the class name of ComfyUI, which is no part of the title (12)
    graph_page.press("Enter")
    box = graph_page.node("Encode image").bounding_box()
    assert box is not None
    assert box["x"] < place[0] < box["x"] + box["width"]
    expect(graph_page.canvas).to_be_focused()


def test_escape_leaves_the_search_without_a_node(graph_page: GraphPage) -> None:
    """Checklist 11."""
    count = graph_page.nodes.count()
    graph_page.press("Tab")
    expect(graph_page.page.get_by_test_id("node-search")).to_be_visible()
    graph_page.press("Escape")
    expect(graph_page.page.get_by_test_id("node-search")).to_be_hidden()
    expect(graph_page.canvas).to_be_focused()
    assert graph_page.nodes.count() == count


def test_a_link_dropped_on_the_canvas_offers_what_fits_and_connects_it(graph_page: GraphPage) -> None:
    """Checklist 13."""
    graph_page.drag(graph_page.socket_place("Decode", "output", "IMAGE"), graph_page.empty_place())
    search = graph_page.page.get_by_test_id("node-search")
    expect(search.get_by_role("option", name="Blur image")).to_be_visible()
    expect(search.get_by_role("option", name="Latent", exact=True)).to_have_count(0)
    graph_page.page.keyboard.type("invert")
    graph_page.press("Enter")
    expect(graph_page.node("Invert image")).to_be_visible()
    assert graph_page.is_linked("Invert image", "image")


def test_sockets_say_whether_they_take_a_dragged_link(graph_page: GraphPage) -> None:
    """Checklist 18."""
    graph_page.drag(graph_page.socket_place("Checkpoint", "output", "VAE"), graph_page.empty_place(), is_held=True)
    expect(graph_page.socket("Decode", "input", "vae")).to_have_attribute("data-fit", "yes")
    expect(graph_page.socket("Decode", "input", "samples")).to_have_attribute("data-fit", "no")
    graph_page.press("Escape")
    graph_page.page.mouse.up()
    expect(graph_page.socket("Decode", "input", "vae")).not_to_have_attribute("data-fit", "yes")


def test_a_refused_link_says_why_and_offers_the_node_that_converts(graph_page: GraphPage) -> None:
    """Checklist 19."""
    start, end = (
        graph_page.socket_place("Sampler", "output", "LATENT"),
        graph_page.socket_place("Save", "input", "images"),
    )
    graph_page.drag(start, end, is_held=True)
    expect(graph_page.page.locator(".canvas-hint")).to_have_text(
        re.compile("LATENT cannot go into IMAGE; .* converts it")
    )
    graph_page.page.mouse.up()
    graph_page.page.get_by_role("button", name="Insert Decode latent").click()
    expect(graph_page.node("Decode latent")).to_be_visible()
    assert graph_page.is_linked("Decode latent", "samples")


def test_the_end_of_a_link_is_picked_up_and_dropped_in_the_void(graph_page: GraphPage) -> None:
    """Checklist 20; and 29: undo brings it back."""
    graph_page.drag(graph_page.socket_place("Decode", "input", "vae"), graph_page.empty_place())
    expect(graph_page.socket("Decode", "input", "vae")).not_to_have_attribute("data-linked", "true")
    graph_page.press("Control+z")
    expect(graph_page.socket("Decode", "input", "vae")).to_have_attribute("data-linked", "true")


def test_ctrl_moves_all_links_of_an_output(graph_page: GraphPage) -> None:
    """Checklist 21."""
    graph_page.page.mouse.move(*graph_page.empty_place())
    graph_page.press("Tab")
    graph_page.page.keyboard.type("CheckpointLoaderSimple")
    graph_page.press("Enter")
    expect(graph_page.node("Load checkpoint")).to_be_visible()
    start, end = (
        graph_page.socket_place("Checkpoint", "output", "CLIP"),
        graph_page.socket_place("Load checkpoint", "output", "CLIP"),
    )
    graph_page.page.keyboard.down("Control")
    graph_page.drag(start, end)
    graph_page.page.keyboard.up("Control")
    graph_page.click_head("Load checkpoint")
    graph_page.press("Delete")
    for title in ("Prompt", "Negative prompt"):
        expect(graph_page.socket(title, "input", "clip")).not_to_have_attribute("data-linked", "true")


def test_one_drag_is_one_step_of_undo(graph_page: GraphPage) -> None:
    """Checklist 29."""
    x, y = graph_page.head("Save")
    graph_page.drag((x, y), (x - 60, y + 90))
    assert graph_page.head("Save") == pytest.approx((x - 60, y + 90), abs=2)
    graph_page.press("Control+z")
    assert graph_page.head("Save") == pytest.approx((x, y), abs=2)
    graph_page.press("Control+Shift+z")
    assert graph_page.head("Save") == pytest.approx((x - 60, y + 90), abs=2)


def test_typing_is_undone_while_the_field_has_the_focus(graph_page: GraphPage) -> None:
    """Checklist 29 and 33: "clear, type 42" is 42."""
    steps = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    steps.click()
    graph_page.press("Control+a", "Delete")
    graph_page.page.keyboard.type("6*7")
    graph_page.press("Enter")
    expect(steps).to_have_value("42")
    graph_page.press("Control+z")
    expect(steps).to_have_value("20")


def test_copy_and_paste_keep_links_among_what_was_copied(graph_page: GraphPage) -> None:
    """Checklist 30: the clipboard holds a workflow as text."""
    graph_page.click_head("Decode")
    graph_page.click_head("Save", modifier="Shift")
    count = graph_page.nodes.count()
    graph_page.press("Control+c")
    graph_page.page.wait_for_timeout(100)
    text = graph_page.page.evaluate("navigator.clipboard.readText()")
    assert '"latentloom": 1' in text
    graph_page.page.mouse.move(*graph_page.empty_place())
    graph_page.press("Control+v")
    expect(graph_page.nodes).to_have_count(count + 2)
    assert graph_page.is_linked("Save", "images")
    assert not graph_page.is_linked("Decode", "vae")


def test_deleting_cuts_links_and_dissolving_heals_them(graph_page: GraphPage) -> None:
    """Checklist 31, and 14: a node that is dropped on a link goes into it."""
    graph_page.page.mouse.move(*graph_page.empty_place())
    graph_page.press("Tab")
    graph_page.page.keyboard.type("ImageInvert")
    graph_page.press("Enter")
    start, end = graph_page.head("Invert image"), graph_page.socket_place("Decode", "output", "IMAGE")
    target = graph_page.socket_place("Save", "input", "images")
    graph_page.drag(start, ((end[0] + target[0]) / 2, (end[1] + target[1]) / 2))
    expect(graph_page.socket("Invert image", "input", "image")).to_have_attribute("data-linked", "true")
    graph_page.press("Control+Delete")
    expect(graph_page.node("Invert image")).to_have_count(0)
    assert graph_page.is_linked("Save", "images")
    graph_page.click_head("Decode")
    graph_page.press("Delete")
    assert not graph_page.is_linked("Save", "images")


def test_a_marquee_selects_what_it_touches_and_shift_adds(graph_page: GraphPage) -> None:
    """Checklist 31."""
    box = graph_page.node("Latent").bounding_box()
    assert box is not None
    graph_page.drag((box["x"] - 12, box["y"] - 10), (box["x"] + 40, box["y"] + 20))
    expect(graph_page.page.locator(".node-frame[data-selected]")).to_have_count(1)
    graph_page.click_head("Save", modifier="Shift")
    expect(graph_page.page.locator(".node-frame[data-selected]")).to_have_count(2)
    graph_page.click_head("Save", modifier="Control")
    expect(graph_page.page.locator(".node-frame[data-selected]")).to_have_count(1)


@pytest.mark.parametrize(
    ("key", "attribute", "value"),
    [("Control+m", "mode", "mute"), ("Control+b", "mode", "bypass"), ("Alt+c", "collapsed", "true")],
)
def test_modes_and_folding_have_keys(graph_page: GraphPage, key: str, attribute: str, value: str) -> None:
    """Checklist 32."""
    graph_page.click_head("Decode")
    graph_page.press(key)
    expect(graph_page.node("Decode").locator("article")).to_have_attribute(f"data-{attribute}", value)


def test_f2_renames(graph_page: GraphPage) -> None:
    """Checklist 32."""
    graph_page.click_head("Decode")
    graph_page.press("F2")
    graph_page.page.keyboard.type("Developer")
    graph_page.press("Enter")
    expect(graph_page.node("Developer")).to_be_visible()


def test_arrows_nudge_and_alt_goes_to_the_neighbour(graph_page: GraphPage) -> None:
    """Checklist 35."""
    graph_page.press("Shift+F")
    graph_page.click_head("Decode")
    x, _ = graph_page.head("Decode")
    graph_page.press("Shift+ArrowRight", "Shift+ArrowRight")
    assert graph_page.head("Decode")[0] > x + 10
    graph_page.press("Alt+ArrowRight")
    expect(graph_page.node("Save")).to_have_attribute("data-focused", "")
