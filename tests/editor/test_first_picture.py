"""The first visit: the editor opens, shows a graph that runs, and the picture appears on its node."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.editor.graph_page import GraphPage


def test_the_default_graph_runs_and_its_picture_appears(graph_page: GraphPage) -> None:
    page = graph_page.page
    seed = graph_page.node("Sampler").get_by_role("spinbutton", name="seed")
    seed.fill("20261")  # what another test may have run would come from the cache, without previews
    seed.press("Enter")
    page.keyboard.press("Control+Enter")  # 42
    expect(graph_page.node("Sampler").locator("canvas[data-preview]")).to_be_visible(timeout=60_000)  # 44
    picture = graph_page.node("Save").locator("img")
    expect(picture).to_be_visible(timeout=60_000)
    page.wait_for_function("image => image.naturalWidth === 128", arg=picture.element_handle())
    assert graph_page.complaints == []


def test_no_request_leaves_for_another_host(graph_page: GraphPage) -> None:
    """Checklist 61."""
    graph_page.page.wait_for_load_state("networkidle")
    hosts = {urlsplit(url).netloc for url in graph_page.requests if not url.startswith("blob:")}
    assert hosts == {urlsplit(graph_page.url).netloc}
    assert graph_page.complaints == []
