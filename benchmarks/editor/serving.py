"""What the compared pages come from: our server, with one node type, and a folder for React Flow's page."""

import functools
import http.server
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).parent / "react_flow"
_START = """
import argparse, sys
import web.serve
parser = argparse.ArgumentParser()
web.serve.configure(parser)
sys.exit(web.serve.answer(parser.parse_args(sys.argv[1:]), "benchmarks.editor.workload:create"))
"""
_SECONDS = 60
_NO_TOUR = b'{"Comfy.TutorialCompleted": true, "Comfy.InstalledVersion": "1.58.1"}'
"""What ComfyUI's front end keeps on the server: nobody wants to be shown around."""


@contextmanager
def server(data: Path, *flags: str) -> Iterator[str]:
    """Our server in a process of its own, with its worker ready; gives its address."""
    data.mkdir(parents=True)
    command = [sys.executable, "-c", _START, "--port", "0", "--data-dir", str(data), *flags]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().rpartition(" ")[2].strip()
        until = time.monotonic() + _SECONDS
        while not _is_ready(url) and time.monotonic() < until:
            time.sleep(0.1)
        _ask(f"{url}/api/settings", _NO_TOUR)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


@contextmanager
def folder_served(folder: Path) -> Iterator[str]:
    """A folder over HTTP, as it is at the time of each request; gives its address."""
    folder.mkdir(parents=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}/"
        served.shutdown()


def react_flow_page(folder: Path) -> bool:
    """Build React Flow's page into a folder; returns whether that could be done."""
    npm = shutil.which("npm")
    if npm is None:
        return False
    installed = PAGE / "node_modules"
    if not installed.is_dir():
        subprocess.run([npm, "ci", "--ignore-scripts", "--prefer-offline"], cwd=PAGE, check=True, capture_output=True)
    built = [npm, "run", "build", "--", "--outDir", str(folder), "--emptyOutDir"]
    subprocess.run(built, cwd=PAGE, check=True, capture_output=True)
    return True


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing about it."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def _is_ready(url: str) -> bool:
    try:
        return _ask(f"{url}/readyz") == 200
    except OSError:
        return False


def _ask(url: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)
