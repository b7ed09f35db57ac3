"""The editor in the hands of somebody who has no mouse: the search, the outline, and the keys of the canvas."""

from playwright.sync_api import Locator, expect

from tests.editor.graph_page import GraphPage

MOST_ROWS = 80


class KeyboardPage(GraphPage):
    """One browser page with the editor; nothing here clicks or moves a mouse."""

    def add(self, kind: str) -> None:
        """Add a node by its class name."""
        self.press("Tab")
        search = self.page.get_by_test_id("node-search")
        expect(search.get_by_role("combobox")).to_be_focused()
        self.page.keyboard.type(kind)
        expect(search.locator(".search-card code")).to_have_text(kind)
        self.press("Enter")
        expect(search).to_be_hidden()
        expect(self.canvas).to_be_focused()

    @property
    def tree(self) -> Locator:
        return self.page.locator("[data-panel=outline]").get_by_role("tree")

    @property
    def row(self) -> Locator:
        """The row of the outline that the keyboard is at."""
        return self.tree.locator("[data-active]")

    def open_outline(self) -> None:
        self.press("o")
        expect(self.tree).to_be_focused(timeout=20_000)

    def connect(self, node: str, socket: str, source: str, *, which: int = 0, nth: int = 0) -> None:
        """Link an input in the outline; `which` of the nodes of this name, the `nth` of the sources of that name."""
        self.walk_to(node, which=which)
        self.press("ArrowRight")
        if self.row.get_attribute("data-kind") == "node":
            self.press("ArrowDown")
        for _ in range(MOST_ROWS):
            if (self.row.get_attribute("aria-label") or "").split(",")[0] == socket:
                break
            self.press("ArrowDown")
        self.press("Enter")
        marked = self.page.locator("[cmdk-item][data-selected=true]")
        for _ in range(MOST_ROWS):
            if source in marked.inner_text():
                break
            self.press("ArrowDown")
        for _ in range(nth):
            self.press("ArrowDown")
        self.press("Enter")
        expect(self.row).to_have_attribute("data-kind", "input")
        expect(self.row).to_have_attribute("aria-label", f"{socket}, from {source.split(':')[0]}")
        expect(self.tree).to_be_focused()

    def walk_to(self, label: str, *, which: int = 0) -> None:
        """Go down the outline from its top to a node."""
        self.press("Home")
        seen = 0
        for _ in range(MOST_ROWS):
            if self.row.get_attribute("data-kind") == "node" and self.row.get_attribute("aria-label") == label:
                if seen == which:
                    return
                seen += 1
            self.press("ArrowDown")
        raise AssertionError(f"the outline has no {label}")

    def go_to(self, label: str) -> None:
        """Show a node and give the canvas the focus, so that Enter goes into its widgets."""
        self.walk_to(label)
        self.press("Enter")
        expect(self.canvas).to_be_focused()
