"""Every lock file of npm installs on Linux, macOS and Windows, from any registry."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.editor.conftest import ROOT

LOCKED = [ROOT / "web/editor", ROOT / "benchmarks/editor/react_flow"]
SYSTEMS = ["linux x64", "linux arm64", "darwin x64", "darwin arm64", "win32 x64"]
NOWHERE = ["--registry=http://127.0.0.1:9", "--fetch-retries=0"]
Packages = dict[str, dict[str, Any]]

each_lock = pytest.mark.parametrize("folder", LOCKED, ids=lambda folder: str(folder.relative_to(ROOT)))


def packages(folder: Path) -> Packages:
    """What a lock file holds, by place; the application itself is at ""."""
    found: Packages = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return found


def named_in(place: str, name: str, known: Packages) -> str | None:
    """Where the package at a place finds another one, as Node.js looks for it."""
    while True:
        here = f"{place}/node_modules/{name}".lstrip("/")
        if here in known:
            return here
        if not place:
            return None
        place = place.rpartition("node_modules/")[0].rstrip("/")


@each_lock
def test_packages_are_named_by_their_digest_and_never_by_an_address(folder: Path) -> None:
    for place, package in packages(folder).items():
        assert not place or package.get("integrity", "").startswith("sha512-"), place
        assert "resolved" not in package, place
    assert "://" not in (folder / ".npmrc").read_text(encoding="utf-8")


@each_lock
def test_what_other_systems_need_is_locked_too(folder: Path) -> None:
    known = packages(folder)
    lacking = [
        f"{place or 'the application'} needs {name}"
        for place, package in known.items()
        for name in {**package.get("dependencies", {}), **package.get("optionalDependencies", {})}
        if named_in(place, name, known) is None
    ]
    assert lacking == []


@each_lock
@pytest.mark.parametrize("system", SYSTEMS)
def test_npm_would_install_it(folder: Path, system: str, tmp_path: Path) -> None:
    """`npm ci` refuses a lock file that lacks anything; asked without a registry, it can only go by the file."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("NOT TESTED with npm: Node.js is not on PATH. The test above reads the lock file itself.")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(folder / name, tmp_path)
    wanted, kind = system.split()
    command = [npm, "ci", "--dry-run", "--ignore-scripts", f"--os={wanted}", f"--cpu={kind}", *NOWHERE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
