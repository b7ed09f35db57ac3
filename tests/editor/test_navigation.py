"""Getting about in a graph: view, map, grid, bookmarks, palette. Numbers are those of the editor's checklist."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.editor.graph_page import GraphPage, Place, centre


def width_of(graph_page: GraphPage, title: str) -> float:
    box = graph_page.node(title).bounding_box()
    assert box is not None
    return box["width"]


def right_drag(page: Page, start: Place, end: Place) -> None:
    page.mouse.move(*start)
    page.mouse.down(button="right")
    page.mouse.move(*end, steps=6)
    page.mouse.up(button="right")


def test_a_right_click_opens_the_menu_and_a_right_drag_pans(graph_page: GraphPage) -> None:
    """Checklist 2."""
    menu = graph_page.page.get_by_role("menu")
    x, y = graph_page.head("Sampler")
    start = graph_page.empty_place()
    right_drag(graph_page.page, start, (start[0] + 50, start[1] - 40))
    expect(menu).to_have_count(0)
    assert graph_page.head("Sampler") == pytest.approx((x + 50, y - 40), abs=1)
    graph_page.page.mouse.click(*graph_page.empty_place(), button="right")
    expect(menu.get_by_role("menuitem", name="Show everything")).to_be_visible()


def test_dragging_over_nothing_pans_where_that_is_wanted(graph_page: GraphPage) -> None:
    """Checklist 2: a setting, and the marquee is then Shift+drag."""
    page = graph_page.page
    page.evaluate(
        """() => {
            const kept = JSON.parse(localStorage.getItem('latentloom.preferences') ?? '{}')
            localStorage.setItem('latentloom.preferences', JSON.stringify({ ...kept, dragEmpty: 'pan' }))
        }"""
    )
    page.reload()
    expect(graph_page.node("Sampler")).to_be_visible(timeout=20_000)
    x, y = graph_page.head_at_rest("Sampler")
    start = graph_page.empty_place()
    graph_page.drag(start, (start[0] + 40, start[1] - 30))
    assert graph_page.head("Sampler") == pytest.approx((x + 40, y - 30), abs=1)


def test_1_is_100_per_cent_and_a_dot_frames_the_selection(graph_page: GraphPage) -> None:
    """Checklist 3."""
    graph_page.page.mouse.move(*centre(graph_page.node("Sampler")))
    graph_page.page.mouse.wheel(0, 100)
    graph_page.page.wait_for_timeout(200)
    wanted = graph_page.node("Sampler").evaluate("(node) => Number.parseFloat(node.style.width)")
    assert width_of(graph_page, "Sampler") < wanted - 5
    graph_page.canvas.focus()
    graph_page.press("1")
    graph_page.page.wait_for_timeout(200)
    assert width_of(graph_page, "Sampler") == pytest.approx(wanted, abs=1)
    graph_page.press("Shift+F")
    graph_page.page.wait_for_timeout(200)
    graph_page.click_head("Decode")
    graph_page.press(".")
    graph_page.page.wait_for_timeout(300)
    assert centre(graph_page.node("Decode")) == pytest.approx(centre(graph_page.canvas), abs=2)


def test_what_is_dragged_to_the_edge_takes_the_view_along(graph_page: GraphPage) -> None:
    """Checklist 5."""
    box = graph_page.canvas.bounding_box()
    assert box is not None
    before = graph_page.head("Decode")
    edge = (box["x"] + box["width"] - 6, box["y"] + box["height"] / 2)
    graph_page.drag(graph_page.head("Save"), edge, is_held=True)
    graph_page.page.wait_for_timeout(250)
    graph_page.page.mouse.up()
    assert graph_page.head("Decode")[0] < before[0] - 60


def test_a_reload_keeps_the_view_the_selection_and_the_open_panel(graph_page: GraphPage) -> None:
    """Checklist 6."""
    page = graph_page.page
    graph_page.click_head("Decode")
    graph_page.press("o")
    expect(page.locator("[data-panel=outline]")).to_be_visible(timeout=20_000)
    page.mouse.move(*graph_page.empty_place())
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(1800)  # drafts are kept a second after the last change
    before = graph_page.head("Decode")
    page.reload()
    expect(graph_page.node("Decode")).to_be_visible(timeout=20_000)
    expect(graph_page.node("Decode")).to_have_attribute("data-selected", "")
    expect(page.locator("[data-panel=outline]")).to_be_visible(timeout=20_000)
    assert graph_page.head("Decode") == pytest.approx(before, abs=1)


def test_the_map_moves_the_view_and_a_key_hides_it_for_good(graph_page: GraphPage) -> None:
    """Checklist 7."""
    page = graph_page.page
    small = page.get_by_role("img", name="Map", exact=True)
    graph_page.canvas.focus()
    if small.count() == 0:
        graph_page.press("m")
    x, y = centre(small)
    page.mouse.click(x, y)
    before = graph_page.head("Sampler")
    graph_page.drag((x, y), (x + 12, y))
    page.wait_for_timeout(100)
    assert graph_page.head("Sampler")[0] < before[0] - 30
    graph_page.canvas.focus()
    graph_page.press("m")
    expect(small).to_have_count(0)
    page.wait_for_timeout(400)
    page.reload()
    expect(page.get_by_role("tab").first).to_be_visible(timeout=20_000)
    expect(small).to_have_count(0)


def test_shift_holds_a_dragged_node_to_the_grid(graph_page: GraphPage) -> None:
    """Checklist 8: positions are then whole multiples of 12."""
    graph_page.press("1")
    graph_page.page.wait_for_timeout(200)
    x, y = graph_page.head("Sampler")
    graph_page.page.keyboard.down("Shift")
    graph_page.drag((x, y), (x + 67, y + 41))
    graph_page.page.keyboard.up("Shift")
    transform = graph_page.node("Sampler").evaluate("(node) => node.style.transform")
    found = re.fullmatch(r"translate\((-?\d+)px, (-?\d+)px\)", transform)
    assert found is not None
    assert [int(each) % 12 for each in found.groups()] == [0, 0]


def test_a_view_is_stored_and_gone_back_to(graph_page: GraphPage) -> None:
    """Checklist 9."""
    graph_page.canvas.focus()
    before = graph_page.head("Sampler")
    graph_page.press("Control+Shift+Digit2")
    expect(graph_page.page.get_by_text("View 2 is stored.").first).to_be_attached()
    graph_page.page.mouse.move(*graph_page.empty_place())
    graph_page.page.mouse.wheel(0, 90)
    graph_page.page.wait_for_timeout(200)
    assert graph_page.head("Sampler") != pytest.approx(before, abs=5)
    graph_page.press("Shift+Digit2")
    graph_page.page.wait_for_timeout(200)
    assert graph_page.head("Sampler") == pytest.approx(before, abs=1)


def test_the_palette_has_every_command_with_its_key_and_goes_to_nodes(graph_page: GraphPage) -> None:
    """Checklist 15."""
    page = graph_page.page
    graph_page.canvas.focus()
    graph_page.press("Control+k")
    palette = page.get_by_role("dialog", name="Commands")
    for text, key in (("duplicate", "Ctrl+D"), ("settings", "Ctrl+,"), ("workflows", "")):
        page.keyboard.type(text)
        first = palette.get_by_role("option").first
        expect(first).to_contain_text(re.compile(text, re.I))
        expect(first).to_contain_text(key)
        graph_page.press("Control+a", "Delete")
    page.keyboard.type("negative")
    graph_page.press("Enter")
    expect(palette).to_have_count(0)
    expect(graph_page.node("Negative prompt")).to_have_attribute("data-selected", "")
    assert centre(graph_page.node("Negative prompt")) == pytest.approx(centre(graph_page.canvas), abs=3)
