"""The editor as a person handles it: nodes by their titles, sockets by their names, the mouse and the keyboard."""

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, expect

Place = tuple[float, float]
DEFAULT_NODES = ("Checkpoint", "Prompt", "Negative prompt", "Latent", "Sampler", "Decode", "Save")


class GraphPage:
    """One browser page with the editor."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(_text(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self) -> None:
        """Open the editor and wait for the default graph."""
        self.page.goto(self.url)
        for title in DEFAULT_NODES:
            expect(self.node(title)).to_be_visible(timeout=20_000)

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_test_id("canvas")

    @property
    def nodes(self) -> Locator:
        return self.page.locator(".node-frame")

    def node(self, title: str) -> Locator:
        return self.page.locator(f'.node-frame:has(.node-title[title="{title}"])').last

    def head(self, title: str) -> Place:
        """A place in the head of a node where nothing else reacts."""
        box = self.node(title).bounding_box()
        assert box is not None
        return box["x"] + min(70, box["width"] / 2), box["y"] + 12

    def head_at_rest(self, title: str) -> Place:
        """As `head`, once the view does not move any more."""
        before, now = None, self.head(title)
        while now != before:
            self.page.wait_for_timeout(300)
            before, now = now, self.head(title)
        return now

    def socket(self, title: str, side: str, name: str) -> Locator:
        return self.node(title).locator(f'.socket[data-side="{side}"][title^="{name},"]')

    def socket_place(self, title: str, side: str, name: str) -> Place:
        return centre(self.socket(title, side, name))

    def is_linked(self, title: str, name: str) -> bool:
        """Whether an input of a node is linked."""
        return self.socket(title, "input", name).get_attribute("data-linked") is not None

    def empty_place(self) -> Place:
        """A place on the canvas where no node is."""
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + box["width"] * 0.6, box["y"] + box["height"] - 60

    def click_head(self, title: str, *, modifier: str | None = None) -> None:
        if modifier is not None:
            self.page.keyboard.down(modifier)
        self.page.mouse.click(*self.head(title))
        if modifier is not None:
            self.page.keyboard.up(modifier)

    def drag(self, start: Place, end: Place, *, is_held: bool = False) -> None:
        """Drag with the left button; `is_held` does not let go."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*middle, steps=4)
        self.page.mouse.move(*end, steps=4)
        if not is_held:
            self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def centre(locator: Locator) -> Place:
    """The middle of an element, in page coordinates."""
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _text(error: Error) -> str:
    return error.message
