"""Links by hand: partners, knife, bends, lazy joining, the border of a subgraph. Numbers: the editor's checklist."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.editor.graph_page import GraphPage, Place
from tests.editor.test_crafting import in_subgraph, saved


def selected(graph_page: GraphPage) -> Locator:
    return graph_page.page.locator(".node-frame[data-selected]")


def middle_of_link(graph_page: GraphPage, start: tuple[str, str], end: tuple[str, str]) -> Place:
    """A curve goes through the middle between its ends."""
    (ax, ay), (bx, by) = (graph_page.socket_place(start[0], "output", start[1]),
                          graph_page.socket_place(end[0], "input", end[1]))  # fmt: skip
    return (ax + bx) / 2, (ay + by) / 2


def test_shift_and_a_drop_offer_only_the_usual_partners(graph_page: GraphPage) -> None:
    """Checklist 13."""
    page = graph_page.page
    graph_page.drag(graph_page.socket_place("Decode", "output", "IMAGE"), graph_page.empty_place(), is_held=True)
    page.keyboard.down("Shift")
    page.mouse.up()
    page.keyboard.up("Shift")
    options = page.get_by_test_id("node-search").get_by_role("option")
    expect(options.first).to_be_visible()
    assert 1 < options.count() <= 8


def test_alt_on_the_way_pulls_a_node_out_of_its_chain_and_heals_it(graph_page: GraphPage) -> None:
    """Checklist 14."""
    page = graph_page.page
    page.mouse.move(*graph_page.empty_place())
    graph_page.press("Tab")
    page.keyboard.type("ImageInvert")
    graph_page.press("Enter")
    place = middle_of_link(graph_page, ("Decode", "IMAGE"), ("Save", "images"))
    graph_page.drag(graph_page.head("Invert image"), place)
    assert graph_page.is_linked("Invert image", "image")
    graph_page.drag(graph_page.head("Invert image"), graph_page.empty_place(), is_held=True)
    page.keyboard.down("Alt")
    page.mouse.move(graph_page.empty_place()[0] + 8, graph_page.empty_place()[1] + 4, steps=3)
    page.mouse.up()
    page.keyboard.up("Alt")
    assert not graph_page.is_linked("Invert image", "image")
    assert graph_page.is_linked("Save", "images")


def test_ctrl_shift_and_a_drag_cut_the_links_that_are_crossed(graph_page: GraphPage) -> None:
    """Checklist 23."""
    x, y = middle_of_link(graph_page, ("Decode", "IMAGE"), ("Save", "images"))
    page = graph_page.page
    page.keyboard.down("Control")
    page.keyboard.down("Shift")
    graph_page.drag((x, y - 60), (x, y + 60))
    page.keyboard.up("Shift")
    page.keyboard.up("Control")
    assert not graph_page.is_linked("Save", "images")
    assert graph_page.is_linked("Decode", "samples")


def test_a_double_click_bends_a_link_and_without_the_bend_it_is_whole_again(graph_page: GraphPage) -> None:
    """Checklist 24."""
    place = middle_of_link(graph_page, ("Decode", "IMAGE"), ("Save", "images"))

    def bends() -> list[Any]:
        links = saved(graph_page)["layout"].get("links", {})
        return [point for node in links.values() for link in node.values() for point in link.get("points", [])]

    graph_page.page.mouse.dblclick(*place)
    assert len(bends()) == 1
    graph_page.page.mouse.click(*place)
    graph_page.press("Delete")
    assert bends() == []
    assert graph_page.is_linked("Save", "images")


def test_brackets_select_what_feeds_a_node_and_what_it_feeds(graph_page: GraphPage) -> None:
    """Checklist 25."""
    graph_page.click_head("Decode")
    graph_page.press("]")
    expect(selected(graph_page)).to_have_count(2)
    graph_page.click_head("Prompt")
    graph_page.press("[")
    expect(selected(graph_page)).to_have_count(2)
    graph_page.press("]")
    expect(selected(graph_page)).to_have_count(6)  # all but the empty latent


def test_alt_and_a_right_drag_join_two_nodes_wherever_they_are_taken(graph_page: GraphPage) -> None:
    """Checklist 28."""
    page = graph_page.page
    graph_page.drag(graph_page.socket_place("Save", "input", "images"), graph_page.empty_place())
    assert not graph_page.is_linked("Save", "images")
    start, end = graph_page.head("Decode"), graph_page.head("Save")
    page.mouse.move(*start)
    page.keyboard.down("Alt")
    page.mouse.down(button="right")
    page.mouse.move(*end, steps=8)
    page.mouse.up(button="right")
    page.keyboard.up("Alt")
    assert graph_page.is_linked("Save", "images")
    expect(page.get_by_role("menu")).to_have_count(0)
    graph_page.press("Control+z")
    expect(graph_page.socket("Save", "input", "images")).not_to_have_attribute("data-linked", "true")


def test_a_link_dropped_on_the_border_of_a_subgraph_leads_outside(graph_page: GraphPage) -> None:
    """Checklist 38."""
    in_subgraph(graph_page)
    graph_page.press("Control+ArrowDown")
    expect(graph_page.node("Sampler")).to_be_visible()
    box = graph_page.canvas.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    output = graph_page.socket_place("Sampler", "output", "LATENT")
    graph_page.drag(output, (box["x"] + box["width"] - 30, middle), is_held=True)
    expect(graph_page.page.get_by_text("New output")).to_be_visible()
    graph_page.page.mouse.up()
    steps = graph_page.socket_place("Sampler", "input", "steps")
    graph_page.drag(steps, (box["x"] + 30, middle))
    graph_page.press("Control+ArrowUp")
    outside = graph_page.node("Subgraph")
    expect(outside.get_by_role("spinbutton", name="steps")).to_be_visible()
    [definition] = saved(graph_page)["subgraphs"].values()
    assert {each["name"] for each in definition["outputs"]} == {"IMAGE", "LATENT"}


@pytest.mark.parametrize("way", ["search", "paste"])
def test_a_subgraph_is_never_put_inside_itself(graph_page: GraphPage, way: str) -> None:
    """Checklist 38."""
    in_subgraph(graph_page)
    graph_page.press("Control+c", "Control+ArrowDown")
    expect(graph_page.node("Sampler")).to_be_visible()
    if way == "paste":
        graph_page.press("Control+v")
        expect(graph_page.page.get_by_text("cannot be put inside itself").first).to_be_visible()
    else:
        graph_page.press("Tab")
        graph_page.page.keyboard.type("subgraph")
        search = graph_page.page.get_by_test_id("node-search")
        expect(search).to_be_visible()
        expect(search.get_by_role("option", name="Subgraph", exact=True)).to_have_count(0)
        graph_page.press("Escape")
    expect(graph_page.node("Subgraph")).to_have_count(0)
