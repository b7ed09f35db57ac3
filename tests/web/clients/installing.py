"""Brings clients that we did not write into a cache folder: the network is needed once, then never again.

`LATENTLOOM_TEST_CACHE` says where the folder is. Without the network, tests that need a client are skipped and say so.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

SECONDS = 240
NPM = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--legacy-peer-deps")
PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")


def from_npm(*packages: str) -> Path:
    """A folder in which Node.js finds these packages; Node.js itself has to be there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"NOT TESTED with {' '.join(packages)}: Node.js and npm are not installed")
    return _cached("npm", packages, lambda place: [*NPM, "--prefix", str(place), *packages])


def from_pypi(*packages: str) -> Path:
    """A folder from which Python imports these packages."""
    return _cached("pypi", packages, lambda place: [*PIP, "--target", str(place), *packages])


def _cached(kind: str, packages: Sequence[str], command: Callable[[Path], list[str]]) -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "latentloom-tests"
    cache = Path(os.environ.get("LATENTLOOM_TEST_CACHE") or home)
    name = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:16]
    place = cache / f"{kind}-{name}"
    if place.exists():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as draft:
        folder = Path(draft) / "packages"
        folder.mkdir()
        try:
            done = subprocess.run(command(folder), capture_output=True, text=True, timeout=SECONDS, check=False)
            said = done.stderr.strip()[-300:] if done.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error)
        if said:
            pytest.skip(f"NOT TESTED: {' '.join(packages)} cannot be installed (is there no network?): {said}")
        try:
            folder.rename(place)
        except OSError:  # another test process was quicker
            assert place.exists()
    return place
