"""A real engine with a few small nodes, as the worker of the web tests builds it: no torch, ready at once."""

import os
import struct
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from graph.application import EngineApplication
from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.cache.choosing import tiers_of
from graph.cache.codecs import Codecs
from graph.cache.tiers import Tiers
from graph.context import Context
from graph.datatypes import Socket
from graph.execution import Executor
from graph.faults import Fault, arm
from graph.fingerprint import Surroundings
from graph.formats import text_chunks
from graph.node import Files, Widget, node
from graph.registry import Registry
from graph.settings import Settings
from graph.spec import PackInfo

START_SECONDS = "start_seconds"
"""A file in the data folder that makes the start of a worker last longer."""
FAULT = "fault"
"""A file in the data folder that arms a fault, such as `after_output_rename`, in the next worker, and in no other."""
Text = Annotated[str, Socket("STRING")]
Number = Annotated[int, Socket("INT")]


@node("Text", title="Text", category="test", occupies="instant")
def text(text: str = "hello") -> Text:
    """Give a text."""
    return text


@node("Join", title="Join", category="test", occupies="instant")
def join(first: Text, second: Text) -> Text:
    """Put two texts together."""
    return first + second


@node("Choose", title="Choose", category="test", occupies="instant")
def choose(
    size: Annotated[int, Field(ge=1, le=8, description="How large.")], kind: Literal["round", "square"] = "round"
) -> Text:
    """Give a text that says what was chosen."""
    return f"{kind} {size}"


@node("Dice", title="Dice", category="test", occupies="instant")
def dice(seed: Annotated[int, Field(ge=0), Widget(control_after_generate=True)] = 0) -> Text:
    """Give a text that says which seed it was given."""
    return f"seed {seed}"


def is_even(number: int) -> bool | str:
    return number % 2 == 0 or f"{number} is odd"


@node("Even", title="Even", category="test", check=is_even, occupies="instant")
def even(number: int = 2) -> Text:
    """Give an even number; the node's own code says which are."""
    return str(number)


@node("Show", title="Show", category="test", output=True, occupies="instant")
def show(text: Text, *, ctx: Context) -> None:
    """Show a text."""
    ctx.show(text=[text])


@node("Steps", title="Steps", category="test", occupies="gpu")
def steps(
    text: Text, steps: Annotated[int, Field(ge=1, le=10_000)] = 3, seconds: float = 0.06, *, ctx: Context
) -> Text:
    """Take some steps, with a picture of each if pictures are wanted."""
    for step in range(steps):
        time.sleep(seconds)
        ctx.progress(step + 1, steps, png(step) if ctx.previews != "none" else None)
    return text


@node("Fail", title="Fail", category="test")
def fail(text: Text) -> Text:
    """Fail."""
    raise ValueError(f"{text} is not acceptable")


@node("Crash", title="Crash", category="test")
def crash(text: Text) -> Text:
    """End the process."""
    time.sleep(0.05)
    os._exit(3)


@node("Load", title="Load", category="test")
def load(image: Annotated[str, Files("input")]) -> Text:
    """Give the name of an input file."""
    return image


@node("Picture", title="Picture", category="test", output=True, occupies="io")
def picture(text: Text, shade: int = 128, *, ctx: Context, artefacts: Artefacts) -> None:
    """Save a small picture that carries the workflow."""
    texts = text_chunks(ctx.prompt, ctx.document, ctx.extra.get("extra_pnginfo"))
    saved = artefacts.write(Name(text, ".png"), png(shade, texts))
    ctx.show(images=[saved.describe()])


def png(shade: int, texts: Mapping[str, str] | None = None) -> bytes:
    """A PNG of two by two half transparent pixels."""
    rows = (b"\0" + bytes((shade, 0, 0, 128)) * 2) * 2
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 6, 0, 0, 0))]
    chunks += [(b"tEXt", f"{key}\0{value}".encode("latin-1")) for key, value in (texts or {}).items()]
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


NODES = (text, join, choose, dice, even, show, steps, fail, crash, load, picture)


def create(data: Mapping[str, Any]) -> EngineApplication:
    settings = Settings.from_data(data)
    patience = Path(settings.data) / START_SECONDS
    time.sleep(float(patience.read_text()) if patience.exists() else 0)
    fault = Path(settings.data) / FAULT
    if fault.exists():
        arm(Fault.parse(fault.read_text()))
        fault.unlink()
    folders, codecs, registry = settings.folders, Codecs(), Registry([each.__node__ for each in NODES])
    artefacts = Artefacts(folders)
    cache = tiers_of(settings, codecs)
    executor = Executor(
        registry,
        Tiers(cache.tiers),
        {"folders": folders, "artefacts": artefacts},
        codecs=codecs,
        surroundings=Surroundings(folders.digest),
        is_valid=artefacts.is_valid,
    )
    return EngineApplication(
        registry,
        executor,
        folders,
        free_results=cache.clear_memory,
        held=lambda: {"results": cache.memory_bytes() or 0},
    )


def create_with_packs(data: Mapping[str, Any]) -> EngineApplication:
    """As `create`, with the packs that are where a server was told to look, and one beside them."""
    application = create(data)
    for place in Settings.from_data(data).packs:
        for folder in sorted(Path(place).parent.iterdir()):
            web_directory = str(folder / "js")
            application.registry.note(PackInfo(name=folder.name, path=str(folder), web_directory=web_directory))
    return application
