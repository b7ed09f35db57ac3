"""What stories about running and files do: documents, drops, tabs, the queue and the history."""

import base64
import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.editor.graph_page import GraphPage

PATIENCE_MS = 60_000
_DROP = """({name, type, data}) => {
    const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
    const dragged = new DataTransfer();
    dragged.items.add(new File([bytes], name, {type}));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        const options = {dataTransfer: dragged, bubbles: true, cancelable: true, clientX: 500, clientY: 300};
        document.querySelector(".shell-canvas").dispatchEvent(new DragEvent(kind, options));
    }
}"""


class RunningPage(GraphPage):
    """The editor with whatever is open."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url)
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)

    def start(self) -> None:
        """Open the editor, whatever it shows; lists of what is missing are closed."""
        self.page.goto(self.url)
        expect(self.tabs.first).to_be_visible()
        self.close_dialogs()

    def close_dialogs(self) -> None:
        """Close what lies over the editor, if anything does."""
        self.page.wait_for_timeout(300)
        while self.page.locator(".dialog").count() > 0:
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(100)

    @property
    def tabs(self) -> Locator:
        return self.page.get_by_role("tab")

    @property
    def shown_tab(self) -> Locator:
        return self.page.locator('[role="tab"][aria-selected="true"]')

    @property
    def toasts(self) -> Locator:
        return self.page.locator(".toast")

    @property
    def waiting_names(self) -> Locator:
        """The names of the jobs that wait, in their order."""
        return self.page.locator("ol.queue-list .queue-name > span")

    @property
    def cards(self) -> Locator:
        """What the history shows."""
        return self.page.locator(".history-card")

    def drop(self, name: str, content: bytes, media_type: str) -> None:
        """Drop a file on the canvas."""
        data = base64.b64encode(content).decode()
        self.page.evaluate(_DROP, {"name": name, "type": media_type, "data": data})

    def drop_document(self, name: str, graph: dict[str, Any]) -> None:
        """Drop a document, and wait for its tab."""
        self.drop(f"{name}.json", json.dumps({"latentloom": 1, "graph": graph}).encode(), "application/json")
        expect(self.shown_tab).to_contain_text(name)
        expect(self.nodes).to_have_count(len(graph))

    def open_panel(self, name: str) -> None:
        """Open a side panel, if it is not open."""
        button = self.page.locator(f'.panel-tab[aria-label="{name}"]')
        if button.get_attribute("aria-pressed") != "true":
            button.click()
        expect(self.page.locator(".panel-head h2", has_text=name)).to_be_visible()

    def go_to_node(self, title: str) -> None:
        """Bring a node to the middle, by the palette."""
        self.page.keyboard.press("Control+k")
        self.page.keyboard.type(title)
        self.page.get_by_role("option", name=title).first.wait_for()
        self.page.keyboard.press("Enter")
        expect(self.node(title)).to_be_in_viewport(ratio=0.9)

    def run(self) -> None:
        self.page.keyboard.press("Control+Enter")

    def goes_idle(self) -> None:
        """Wait until nothing waits or runs."""
        expect(self.page.locator(".run-waiting")).to_have_count(0)
