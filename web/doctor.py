"""`doctor`: check this machine and this installation, and say what to do about what is wrong.

It reads the settings that `serve` reads, flags, environment and file, so that it looks at what the server would use.
"""

import argparse
import importlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from graph.errors import LatentloomError
from graph.retention.keeping import Keep
from graph.retention.survey import survey
from graph.settings import Settings
from web.settings_building import engine_settings, kept
from web.settings_sources import add_flags, read_options

LEAST_FREE_BYTES = 2 * 1024**3
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: Literal["ok", "warning", "error"]
    subject: str
    text: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe this command's options, which are those of `serve`."""
    add_flags(parser)


def answer(options: argparse.Namespace, nodes: str) -> int:
    """Print what was found; returns 0, or 1 if something keeps Latentloom from working."""
    failed = False
    for finding in _examine(options, nodes):
        mark = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}[finding.state]
        print(f"{mark}  {finding.subject:<16} {finding.text}")
        failed = failed or finding.state == "error"
    return 1 if failed else 0


def _examine(options: argparse.Namespace, nodes: str) -> Iterator[Finding]:
    yield from _python()
    yield from _packages()
    try:
        told = read_options(vars(options))
        settings, keep = engine_settings(told), kept(told)
    except LatentloomError as error:
        yield Finding("error", "settings", f"{error} The server does not start like this.")
        return
    for check in (_data_folder, _disk, _models):
        yield from check(settings)
    yield from _kept(settings, keep)
    yield from _device(settings, nodes)


def _python() -> Iterator[Finding]:
    yield Finding("ok", "python", f"{platform.python_version()} on {platform.platform()}, {os.cpu_count()} cores")
    if sys.prefix == sys.base_prefix:
        yield Finding("warning", "environment", "not a virtual environment; `make demo` makes one in .venv")


def _packages() -> Iterator[Finding]:
    """Compare what is installed with the versions that were tested."""
    differing = []
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        name, _, wanted = line.partition("==")
        try:
            found = metadata.version(name) if wanted else ""
        except metadata.PackageNotFoundError:
            continue  # the constraints also name what only tests need
        if found.partition("+")[0] != wanted:
            differing.append(f"{name} {found} (tested: {wanted})")
    if differing:
        text = f"{', '.join(differing)}; to get the tested ones: pip install -c constraints.txt ."
        yield Finding("warning", "packages", text)
    else:
        yield Finding("ok", "packages", "as tested (constraints.txt)")


def _data_folder(settings: Settings) -> Iterator[Finding]:
    probe = Path(settings.data) / ".doctor"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        with probe.open("wb") as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        took = (time.perf_counter() - began) * 1000
        yield Finding("ok", "data folder", f"{settings.data} is writable; a durable write takes {took:.1f} ms")
    except OSError as error:
        yield Finding("error", "data folder", f"cannot write to {settings.data}: {error}; choose one with --data-dir")
    finally:
        probe.unlink(missing_ok=True)


def _disk(settings: Settings) -> Iterator[Finding]:
    place = Path(settings.data)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:,.0f} GB free for results and caches"
    yield Finding("ok" if free > LEAST_FREE_BYTES else "warning", "disk", text)


def _kept(settings: Settings, keep: Keep) -> Iterator[Finding]:
    """What the data folder holds, and what retention would delete of it."""
    try:
        for each in survey(settings.folders, keep, time.time()):
            yield Finding("ok", each.what, each.sentence())
    except (LatentloomError, OSError) as error:
        yield Finding("warning", "retention", str(error))


def _models(settings: Settings) -> Iterator[Finding]:
    names = settings.folders.names("checkpoints")
    if names:
        yield Finding("ok", "checkpoints", f"{len(names)}: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}")
    else:
        yield Finding("warning", "checkpoints", f"none below {', '.join(settings.models)}; see models/README.md")


def _device(settings: Settings, nodes: str) -> Iterator[Finding]:
    module, _, _ = nodes.partition(":")
    try:
        found: dict[str, str] = importlib.import_module(module).describe(settings)
    except ImportError as error:
        yield Finding("error", "nodes", f"cannot be imported: {error}; run `make demo` again")
        return
    for subject, text in found.items():
        yield Finding("ok", subject, text)
