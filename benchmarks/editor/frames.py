"""Frame times of a page while somebody pans, zooms and drags in it with a real mouse."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median, quantiles

from playwright.sync_api import Page

Place = tuple[float, float]
LATE_MS = 100
_RECORDER = """() => {
    window.__frames = {
        times: [], isOn: false,
        start() {
            this.times = []; this.isOn = true;
            let last = 0;
            const frame = (now) => {
                if (last) this.times.push(now - last);
                last = now;
                if (this.isOn) requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
        },
        stop() { this.isOn = false; return this.times; },
    };
}"""
_ONE_FRAME = "() => new Promise((done) => requestAnimationFrame(() => done()))"


@dataclass(frozen=True)
class Frames:
    """What a gesture cost."""

    count: int
    steps: int
    """How often the mouse moved, or its wheel was turned."""
    fps: float
    median_ms: float
    p95_ms: float
    main_ms: float
    """How long the main thread was busy in a frame; on a busy machine it is longer."""
    cpu_ms: float
    """Processor time of the page in a frame, all threads, painting of pixels included; the load matters little."""
    layouts: float
    """How often a frame laid the page out; more than once means that something reads while it writes."""
    styles: float
    """How often a frame computed styles."""
    times: tuple[float, ...] = field(repr=False)
    """Milliseconds of each frame."""

    @property
    def step_ms(self) -> float:
        """Processor time for each step; frames in which nothing happened cost nothing here."""
        return self.cpu_ms * self.count / self.steps

    @property
    def slowdown(self) -> float:
        """How many times as long as it would the main thread takes, because others use the processor."""
        return max(1.0, self.main_ms / max(0.1, self.cpu_ms))

    @property
    def late(self) -> int:
        """Frames above 100 ms; on a busy machine, above 100 ms of what was left of it."""
        return sum(each > LATE_MS * self.slowdown for each in self.times)


class Watch:
    """Measures one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")
        browser = page.context.browser
        assert browser is not None
        self._system = browser.new_browser_cdp_session()

    def cpu_ms(self) -> float:
        """Processor time that pages have used so far."""
        told = self._system.send("SystemInfo.getProcessInfo")["processInfo"]
        return 1000 * float(sum(each["cpuTime"] for each in told if each["type"] == "renderer"))

    def figures(self) -> dict[str, float]:
        """What Chromium counts of the page, such as `Nodes` and `LayoutCount`."""
        told = self._devtools.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] for each in told}

    def heap_mb(self) -> float:
        """What scripts keep, in 10^6 bytes."""
        self._devtools.send("HeapProfiler.collectGarbage")
        self.page.wait_for_timeout(200)
        return self.figures()["JSHeapUsedSize"] / 1e6

    def gesture(self, gesture: Iterator[None], *, most_seconds: float = 6) -> Frames:
        """The frames of a gesture, each step of which is an event of the mouse; cut off where it takes long."""
        self.page.wait_for_timeout(250)
        self.page.evaluate(_RECORDER)
        self.page.evaluate("() => __frames.start()")
        before, cpu_before, began = self.figures(), self.cpu_ms(), time.monotonic()
        steps = 0
        for _ in gesture:
            steps += 1
            if time.monotonic() - began > most_seconds:
                break
        gesture.close()  # type: ignore[attr-defined]  # a generator: lets the mouse go
        after, cpu_after = self.figures(), self.cpu_ms()
        times = self.page.evaluate("() => __frames.stop()")[1:] or [0.0]

        def each(name: str) -> float:
            return (after[name] - before[name]) / len(times)

        return Frames(
            count=len(times),
            steps=steps,
            fps=1000 * len(times) / max(0.001, sum(times)),
            median_ms=median(times),
            p95_ms=quantiles(times, n=20)[-1] if len(times) > 1 else times[0],
            main_ms=1000 * each("TaskDuration"),
            cpu_ms=(cpu_after - cpu_before) / len(times),
            layouts=each("LayoutCount"),
            styles=each("RecalcStyleCount"),
            times=tuple(times),
        )


def drag(page: Page, start: Place, step: Place, count: int, button: str = "left") -> Iterator[None]:
    """Drag from a place, a step at a time."""
    page.mouse.move(*start)
    page.mouse.down(button=button)  # type: ignore[arg-type]  # one of its three names
    try:
        for at in range(1, count + 1):
            page.mouse.move(start[0] + step[0] * at, start[1] + step[1] * at)
            yield
    finally:
        page.mouse.up(button=button)  # type: ignore[arg-type]  # as above


def zoom(page: Page, at: Place, turns: int) -> Iterator[None]:
    """Turn the wheel there and back, one turn a frame."""
    page.mouse.move(*at)
    for turn in range(turns):
        page.mouse.wheel(0, 60 if turn < turns // 2 else -60)
        page.evaluate(_ONE_FRAME)
        yield
