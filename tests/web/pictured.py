"""A worker whose nodes make pictures that hold nothing: for tests of what the server says about large ones."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from graph.application import EngineApplication
from graph.cache.tiers import Tiers
from graph.context import Context
from graph.datatypes import Socket
from graph.execution import Executor
from graph.node import node
from graph.registry import Registry
from graph.settings import Settings

Image = Annotated[str, Socket("IMAGE")]
Side = Annotated[int, Field(ge=1, le=16384)]


@node("Blank", title="Blank", category="test")
def blank(width: Side = 512, height: Side = 512, batch_size: Annotated[int, Field(ge=1, le=4096)] = 1) -> Image:
    """Give pictures."""
    return f"{width} {height} {batch_size}"


@node("Brush", title="Brush", category="test")
def brush(image: Image, steps: int = 10) -> Image:
    """Take a millisecond for each step."""
    time.sleep(steps / 1000)
    return image


@node("Look", title="Look", category="test", output=True)
def look(image: Image, *, ctx: Context) -> None:
    """Show what there is to see."""
    ctx.show(text=[image])


def create(data: Mapping[str, Any]) -> EngineApplication:
    settings = Settings.from_data(data)
    registry = Registry([each.__node__ for each in (blank, brush, look)])
    return EngineApplication(registry, Executor(registry, Tiers([])), settings.folders)
