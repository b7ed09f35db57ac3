"""Fields, copies and states of nodes, by mouse and keys. Numbers are those of the editor's checklist."""

import pytest
from playwright.sync_api import expect

from tests.editor.graph_page import GraphPage, centre
from tests.editor.test_crafting import saved


def test_the_wheel_turns_a_number_only_where_it_has_the_focus(graph_page: GraphPage) -> None:
    """Checklist 33: never by accident while somebody zooms."""
    page = graph_page.page
    steps = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    page.mouse.move(*centre(steps))
    before = graph_page.node("Sampler").bounding_box()
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(200)
    expect(steps).to_have_value("20")
    after = graph_page.node("Sampler").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] < before["width"]
    steps.click()
    page.mouse.wheel(0, -100)
    expect(steps).to_have_value("21")


def test_a_number_is_scrubbed_shows_its_limits_and_goes_back_to_its_default(graph_page: GraphPage) -> None:
    """Checklist 33; and 29: one scrub is one step of undo."""
    steps = graph_page.node("Sampler").get_by_role("spinbutton", name="steps")
    x, y = centre(steps)
    graph_page.drag((x, y), (x + 40, y))
    scrubbed = int(steps.input_value())
    assert scrubbed > 25
    graph_page.canvas.focus()
    graph_page.press("Control+z")
    expect(steps).to_have_value("20")
    graph_page.press("Control+Shift+z")
    expect(steps).to_have_value(str(scrubbed))
    assert "1 – " in (steps.get_attribute("title") or "")
    steps.click(modifiers=["Control"])
    expect(steps).to_have_value("20")


def test_a_text_has_its_own_undo_and_size_and_the_queue_key_works_in_it(graph_page: GraphPage) -> None:
    """Checklist 34."""
    page = graph_page.page
    text = graph_page.node("Prompt").get_by_role("textbox", name="text")
    before = text.input_value()
    text.click()
    graph_page.press("Control+End")
    page.keyboard.type(" at night")
    expect(text).to_have_value(f"{before} at night")
    graph_page.press("Control+z")
    expect(text).to_have_value(before)
    expect(text).to_be_focused()
    box, frame = text.bounding_box(), graph_page.node("Prompt").bounding_box()
    assert box is not None
    assert frame is not None
    corner = (frame["x"] + frame["width"] - 4, frame["y"] + frame["height"] - 4)
    graph_page.drag(corner, (corner[0], corner[1] + 60))
    taller = text.bounding_box()
    assert taller is not None
    assert taller["height"] > box["height"] + 30
    text.click()
    with page.expect_request("**/api/prompt") as asked:
        graph_page.press("Control+Enter")
    assert asked.value.method == "POST"
    graph_page.press("Control+Alt+Enter")


def test_the_wheel_scrolls_a_text_only_where_it_has_the_focus(graph_page: GraphPage) -> None:
    """Checklist 34."""
    page = graph_page.page
    text = graph_page.node("Prompt").get_by_role("textbox", name="text")
    text.fill("\n".join(f"line {number}" for number in range(60)))
    text.evaluate("(area) => { area.scrollTop = 0; }")
    page.mouse.move(*centre(text))
    before = graph_page.node("Prompt").bounding_box()
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(200)
    assert text.evaluate("(area) => area.scrollTop") > 0
    assert graph_page.node("Prompt").bounding_box() == before
    graph_page.canvas.focus()
    text.evaluate("(area) => { area.scrollTop = 0; }")
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(200)
    assert text.evaluate("(area) => area.scrollTop") == 0
    assert graph_page.node("Prompt").bounding_box() != before


def test_alt_and_a_drag_leave_a_copy_and_one_undo_takes_it_back(graph_page: GraphPage) -> None:
    """Checklist 30."""
    page = graph_page.page
    count = graph_page.nodes.count()
    start = graph_page.head("Decode")
    page.keyboard.down("Alt")
    graph_page.drag(start, (start[0] + 20, start[1] + 130))
    page.keyboard.up("Alt")
    expect(graph_page.nodes).to_have_count(count + 1)
    assert graph_page.is_linked("Decode", "vae")
    graph_page.press("Control+z")
    expect(graph_page.nodes).to_have_count(count)


def test_nodes_are_cut_duplicated_and_pasted_with_what_feeds_them(graph_page: GraphPage) -> None:
    """Checklist 30."""
    count = graph_page.nodes.count()
    graph_page.click_head("Decode")
    graph_page.press("Control+d")
    expect(graph_page.nodes).to_have_count(count + 1)
    graph_page.press("Control+x")
    expect(graph_page.nodes).to_have_count(count)
    graph_page.page.mouse.move(*graph_page.empty_place())
    graph_page.press("Control+Shift+v")
    expect(graph_page.nodes).to_have_count(count + 1)
    pasted = [each for each in saved(graph_page)["graph"].values() if each["class_type"] == "VAEDecode"][-1]
    assert set(pasted["inputs"]) == {"samples", "vae"}


def test_all_nodes_are_selected_and_a_pinned_one_stays(graph_page: GraphPage) -> None:
    """Checklist 31 and 32."""
    graph_page.click_head("Save")
    graph_page.press("p")
    expect(graph_page.node("Save").get_by_label("Pin")).to_be_visible()
    graph_page.press("Control+a")
    selected = graph_page.page.locator(".node-frame[data-selected]")
    expect(selected).to_have_count(graph_page.nodes.count())
    pinned, start = graph_page.head("Save"), graph_page.head("Latent")
    graph_page.drag(start, (start[0] + 50, start[1] + 50))
    assert graph_page.head("Save") == pytest.approx(pinned, abs=1)
    assert graph_page.head("Latent") != pytest.approx(start, abs=10)


def test_the_steps_of_work_are_listed_by_name_and_gone_to(graph_page: GraphPage) -> None:
    """Checklist 29."""
    page = graph_page.page
    start = graph_page.head("Save")
    graph_page.drag(start, (start[0] - 30, start[1] + 60))
    graph_page.press("Control+m", "Control+Alt+z")
    steps = page.get_by_role("dialog", name="Steps of work").get_by_role("button")
    expect(steps.filter(has_text="Mute")).to_have_attribute("aria-current", "step")
    steps.filter(has_text="As it was opened").click()
    expect(steps.filter(has_text="As it was opened")).to_have_attribute("aria-current", "step")
    assert graph_page.head("Save") == pytest.approx(start, abs=1)
    steps.filter(has_text="Move").click()
    graph_page.press("Escape")
    assert graph_page.head("Save") != pytest.approx(start, abs=10)
    expect(graph_page.node("Save").get_by_role("article")).to_have_attribute("data-mode", "normal")
