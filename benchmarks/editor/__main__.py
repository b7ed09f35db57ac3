"""Pans, zooms and drags in our editor, React Flow and ComfyUI's front end, with the same graph and the same mouse.

    python -m benchmarks.editor [--nodes 300 1000 5000] [--rounds 2] [--only ours] [--front-end FOLDER] [--json]

ComfyUI's front end takes part where its package is installed (`comfyui-frontend-package`), or where its folder is
named; React Flow where Node.js is. A fresh browser for each sample, the editors in turns, so that all see the same
load: read ratios within one run. No GPU is used, and frames come 60 times a second at most.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, Playwright, sync_playwright

from benchmarks.editor.editors import MIDDLE, WINDOW, Editor, ours, react_flow, stock
from benchmarks.editor.frames import Watch, drag, zoom
from benchmarks.editor.report import GESTURES, Sample, report
from benchmarks.editor.serving import folder_served, react_flow_page, server
from benchmarks.editor.workload import Grid

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
STEPS = 100
Make = Callable[[Page], Editor]


def sample(playwright: Playwright, make: Make, grid: Grid) -> Sample:
    """One editor with one graph in a browser of its own."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
    try:
        page = browser.new_page(viewport=WINDOW)  # type: ignore[arg-type]  # width and height
        transfer = Transfer(page)
        editor, watch = make(page), Watch(page)
        editor.open()
        found: Sample = {"first load": transfer.told()}
        found["load ms"] = editor.load(grid)
        page.wait_for_timeout(1000)
        found["heap MB"] = watch.heap_mb()
        found["DOM nodes"] = watch.figures()["Nodes"]
        for name in GESTURES:
            found[name] = asdict(watch.gesture(_gesture(name, editor, grid)))
        return found
    finally:
        browser.close()


class Transfer:
    """Counts what a page fetches, as it comes over the wire."""

    def __init__(self, page: Page) -> None:
        self._kinds: dict[str, str] = {}
        self._bytes: dict[str, float] = defaultdict(float)
        self._scripts = 0
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.responseReceived", lambda told: self._kinds.update({told["requestId"]: told["type"]}))
        devtools.on("Network.loadingFinished", self._came)
        devtools.send("Network.enable")

    def _came(self, told: dict[str, Any]) -> None:
        kind = self._kinds.get(told["requestId"], "")
        self._bytes[kind] += told["encodedDataLength"]
        self._scripts += kind == "Script"

    def told(self) -> dict[str, float]:
        """Thousands of bytes of the page with its scripts and styles, of everything, and the number of scripts."""
        code = sum(self._bytes[kind] for kind in ("Document", "Script", "Stylesheet"))
        return {"code kB": code / 1000, "all kB": sum(self._bytes.values()) / 1000, "scripts": self._scripts}


def _gesture(name: str, editor: Editor, grid: Grid) -> Iterator[None]:
    """A gesture, after what has to be in view for it."""
    page = editor.page
    if name in ("pan", "zoom", "drag"):
        editor.show_close()
    else:
        editor.show_all()
    if name == "drag all":
        editor.select_all()
    page.wait_for_timeout(1000)
    # Each drag takes another node: the one before does not lie where it lay.
    place = editor.head(grid, grid.middle + ("drag", "drag far", "drag all").index(name)) if "drag" in name else MIDDLE
    if name == "zoom":
        return zoom(page, MIDDLE, STEPS)
    if "pan" in name:
        return drag(page, MIDDLE, (-6, -3) if name == "pan" else (1, 1), STEPS, "middle")
    return drag(page, place, (2, 1) if name == "drag" else (1, 1), STEPS)


@contextmanager
def editors(front_end: Path | None, data: Path) -> Iterator[dict[str, Make]]:
    """The editors that can be had here, by name."""
    found: dict[str, Make] = {}
    with server(data / "ours") as our_url, folder_served(data / "page") as page_url:
        found["ours"] = lambda page: ours(page, our_url)
        if react_flow_page(data / "page"):
            found["React Flow"] = lambda page: react_flow(page, page_url)
        if front_end is None:
            yield found
            return
        with server(data / "stock", "--front-end-root", str(front_end)) as stock_url:
            found["ComfyUI"] = lambda page: stock(page, stock_url)
            yield found


def installed_front_end() -> Path | None:
    """The folder of ComfyUI's front end, if its package is installed."""
    spec = find_spec("comfyui_frontend_package")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "static"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[300, 1000, 5000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="only these editors")
    parser.add_argument(
        "--front-end", type=Path, default=installed_front_end(), help="the folder of ComfyUI's front end"
    )
    parser.add_argument("--json", action="store_true", help="every sample instead of the table")
    wish = parser.parse_args()
    samples: dict[tuple[int, str], list[Sample]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as data,
        editors(wish.front_end, Path(data)) as found,
        sync_playwright() as driver,
    ):
        for nodes in wish.nodes:
            for _ in range(wish.rounds):
                for name, make in found.items():
                    if wish.only and name not in wish.only:
                        continue
                    try:
                        one = sample(driver, make, Grid(nodes))
                    except Error as error:
                        one = {"failed": error.message.splitlines()[0][:60]}
                    samples[nodes, name].append({**one, "system load": os.getloadavg()[0]})
                    sys.stderr.write(f"{nodes} {name}: load {os.getloadavg()[0]:.1f}\n")
    if wish.json:
        print(json.dumps([{"nodes": key[0], "editor": key[1], "samples": each} for key, each in samples.items()]))
        return
    print(report(samples))


if __name__ == "__main__":
    main()
