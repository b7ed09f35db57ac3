"""Finds Chromium for the tests of the editor; as a program, installs it where it is missing.

    python -m tests.editor.chromium

Looks for the one that `CHROMIUM` names, for one on PATH, and for the one that Playwright downloaded. Where there is
none, it asks apt for Debian's (as root), and then Playwright for its own. It never fails: what cannot be had is told
here, and again by each test that is skipped for it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 900
_ASK = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find() -> str | None:
    """The browser, if there is one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next(filter(None, map(shutil.which, NAMES)), None) or _downloaded()


def install() -> str | None:
    """The browser, installed if it is missing; says what is done and what came of it."""
    found = find()
    for command in () if found else _ways():
        sys.stderr.write(f"There is no Chromium for the tests of the editor: {' '.join(command)}\n")
        trouble = _run(command)
        found = find()
        if found:
            break
        sys.stderr.write(f"That brought none. {trouble}\n")
    return found


def why_not() -> str:
    """Why tests are skipped, and what to do."""
    return (
        "THE EDITOR IS NOT TESTED IN A BROWSER: there is no Chromium on PATH, in CHROMIUM or from Playwright. "
        "Run `python -m tests.editor.chromium`, or install Chromium yourself."
    )


def _downloaded() -> str | None:
    """The browser that Playwright downloaded, asked for in a process of its own: its driver may run in this one."""
    asked = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=False)
    path = asked.stdout.strip()
    return path if path and Path(path).is_file() else None


def _ways() -> Iterator[list[str]]:
    """How to get one, the lightest first."""
    apt = shutil.which("apt-get")
    if apt is not None and hasattr(os, "geteuid") and os.geteuid() == 0:
        yield [apt, "install", "-y", "--no-install-recommends", "chromium"]
        yield ["sh", "-c", f"{apt} update && {apt} install -y --no-install-recommends chromium"]
    yield [sys.executable, "-m", "playwright", "install", "chromium"]


def _run(command: list[str]) -> str:
    """Run a command; returns its last lines if it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stderr.strip()[-400:] if done.returncode else ""


if __name__ == "__main__":
    browser = install()
    sys.stderr.write(f"{why_not()}\n" if browser is None else f"The editor is tested with {browser}\n")
