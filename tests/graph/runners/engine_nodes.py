"""A real engine with a few nodes, as a worker of the tests builds it."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from graph.application import EngineApplication
from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.tiers import Tiers
from graph.context import Context
from graph.datatypes import Socket
from graph.execution import Executor
from graph.folders import Folders
from graph.node import node
from graph.registry import Registry

Text = Annotated[str, Socket("STRING")]


@node("Text", title="Text", category="test")
def text(text: str) -> Text:
    """Give a text."""
    return text


@node("Count", title="Count", category="test", occupies="io")
def count(text: Text, folder: str) -> Text:
    """Note each run in a file."""
    with (Path(folder) / "runs").open("a") as runs:
        runs.write("x")
    return text


@node("CrashOnce", title="Crash once", category="test", occupies="gpu")
def crash_once(text: Text, folder: str) -> Text:
    """End the process at the first run."""
    marker = Path(folder) / "crashed"
    if not marker.exists():
        marker.touch()
        os._exit(3)
    return text


@node("Crash", title="Crash", category="test")
def crash(text: Text) -> Text:
    """End the process."""
    os._exit(3)


@node("Hold", title="Hold", category="test")
def hold(text: Text) -> Text:
    """Hold the interpreter."""
    time.sleep(0.05)
    return text + str(sum(range(10**12)))


@node("Allocate", title="Allocate", category="test", occupies="gpu")
def allocate(text: Text) -> Text:
    """Allocate without end."""
    kept = []
    while True:
        kept.append(bytearray(16 * 1024**2))


@node("Leave", title="Leave", category="test")
def leave(text: Text) -> Text:
    """Leave the process by the front door."""
    raise SystemExit(4)


@node("Rest", title="Rest", category="test")
def rest(text: Text) -> Text:
    """Take a second."""
    time.sleep(1)
    return text


@node("Show", title="Show", category="test", output=True)
def show(text: Text, *, ctx: Context) -> None:
    """Show a text."""
    ctx.show(text=[text])


def create(settings: Mapping[str, Any]) -> EngineApplication:
    nodes = (text, count, crash_once, crash, hold, allocate, leave, rest, show)
    registry = Registry([each.__node__ for each in nodes])
    codecs = Codecs()
    tiers = [DiskCache(Path(settings["cache"]), 10**8, codecs)] if "cache" in settings else []
    folders = Folders(Path(settings.get("cache", "data")))
    return EngineApplication(registry, Executor(registry, Tiers(tiers), codecs=codecs), folders)
