"""The editors that are compared. A bridge in JavaScript (`bridges/`) does in each what its users would do."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.editor.frames import Place
from benchmarks.editor.workload import Grid

MIDDLE: Place = (800, 450)
WINDOW = {"width": 1600, "height": 900}
PATIENCE_MS = 120_000
_BRIDGES = Path(__file__).parent / "bridges"
_CALM_MS = 1500


@dataclass(frozen=True)
class Editor:
    """An editor in a page of its own."""

    page: Page
    url: str
    bridge: str | None
    """A file in `bridges/`; None if the page brings its own."""
    form: str
    """In which form it takes graphs: the name of a method of `Grid`."""

    def open(self) -> None:
        """Show the editor."""
        for name in filter(None, ("shared.js", self.bridge)):
            text = (_BRIDGES / name).read_text(encoding="utf-8")
            self.page.add_init_script(f"(() => {{\n{text}\n}})();")
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.goto(self.url, wait_until="domcontentloaded")
        # Asked from here: waiting within the page needs `eval`, which our content policy forbids.
        while not self.page.evaluate("() => window.bench?.isReady() ?? false"):
            self.page.wait_for_timeout(100)
        self.page.wait_for_timeout(_CALM_MS)
        self.page.keyboard.press("Escape")

    def load(self, grid: Grid) -> float:
        """Open a graph; gives the milliseconds until it can be worked with."""
        took: float = self.page.evaluate("(given) => bench.load(given)", getattr(grid, self.form)())
        return took

    def show_all(self) -> None:
        """Bring the whole graph into view."""
        self.page.evaluate("bench.showAll()")

    def show_close(self) -> None:
        """Look at the middle of the graph at 100 %."""
        self.page.evaluate("bench.showClose()")

    def head(self, grid: Grid, number: int) -> Place:
        """The head of a node that was not moved yet, in page coordinates."""
        x, y = self.page.evaluate("([x, y]) => bench.head(x, y)", grid.place(number))
        return x, y

    def select_all(self) -> None:
        """Select every node."""
        self.page.evaluate("bench.selectAll()")


def ours(page: Page, url: str) -> Editor:
    """The editor of this repository."""
    return Editor(page, url, "ours.js", "document")


def stock(page: Page, url: str) -> Editor:
    """ComfyUI's front end, as our server serves it."""
    return Editor(page, url, "stock.js", "drawing")


def react_flow(page: Page, url: str) -> Editor:
    """React Flow with what its documentation advises for large graphs (`react_flow/`)."""
    return Editor(page, url, None, "plain")
