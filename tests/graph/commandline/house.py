"""A small house for the tests of the command line: text nodes, no torch."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from graph.application import EngineApplication
from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.seen import Seen
from graph.cache.tiers import Tiers
from graph.context import Context
from graph.execution import Executor
from graph.node import node
from graph.registry import Registry
from graph.settings import Settings


@node("Say", title="Say", category="test")
def say(text: str, times: Annotated[int, Field(ge=1, le=9)] = 1) -> str:
    """Say something, several times."""
    return " ".join([text] * times)


@node("Fail", title="Fail", category="test")
def fail(text: str) -> str:
    """Fail."""
    raise ValueError(f"cannot say {text}")


@node("Wait", title="Wait", category="test")
def wait(text: str, *, ctx: Context) -> str:
    """Make a file of this name, then wait until somebody stops it."""
    Path(text).touch()
    for step in range(10_000):
        ctx.progress(step, 10_000)
        time.sleep(0.01)
    return text


@node("Write", title="Write", category="test", output=True)
def write(text: str, *, ctx: Context, artefacts: Artefacts) -> None:
    """Write a text to a file."""
    ctx.show(texts=[artefacts.write(Name("said", ".txt", "output"), text.encode()).describe()])


def create(data: Mapping[str, Any]) -> EngineApplication:
    settings = Settings.from_data(data)
    folders, codecs, cache = settings.folders, Codecs(), Path(settings.data) / "cache"
    artefacts = Artefacts(folders)
    registry = Registry([each.__node__ for each in (say, fail, wait, write)])
    executor = Executor(
        registry,
        Tiers([DiskCache(cache, 10**8, codecs)]),
        {"artefacts": artefacts},
        codecs=codecs,
        is_valid=artefacts.is_valid,
        seen=Seen(cache),
    )
    return EngineApplication(registry, executor, folders)


def describe(settings: object) -> dict[str, str]:
    return {"device": "none"}
