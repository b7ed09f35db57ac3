"""A worker with node packs, in this process."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from graph.application import EngineApplication
from graph.artefacts import Artefacts
from graph.cache.codecs import Codecs
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers
from graph.events import Event
from graph.execution import Executor, Outcome
from graph.fingerprint import Surroundings
from graph.folders import Folders
from graph.registry import Registry
from graph.spec import PackInfo
from graph.validation import Validated
from graph.workflow import Workflow
from nodes.catalogue import build_registry
from nodes.codecs import leaf_codecs
from nodes.diffusion.models import ModelRegistry
from nodes.packs.house import PackHouse
from nodes.packs.loading import load_packs

HERE = Path(__file__).parent
CLASSIC, NEWER = HERE / "classic_pack", HERE / "newer_pack"
Kind = TypeVar("Kind")
Prompt = Mapping[str, Mapping[str, Any]]


def short(class_type: str, **inputs: object) -> dict[str, object]:
    """A node in the API shape; `__` in names stands for the dot of groups."""
    return {"class_type": class_type, "inputs": {name.replace("__", "."): value for name, value in inputs.items()}}


def showing(node_id: str, slot: int = 0) -> dict[str, object]:
    """A node that shows an output of another."""
    return short("PackShow", value=[node_id, slot])


@dataclass
class Run:
    """What a run gave."""

    outcome: Outcome
    events: list[Event] = field(default_factory=list)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def texts(self) -> dict[str, Any]:
        return {node_id: ui["text"] for node_id, ui in self.outcome.ui.items() if "text" in ui}


@dataclass
class World:
    """The parts of the worker."""

    app: EngineApplication
    folders: Folders
    packs: Sequence[PackInfo]

    @property
    def registry(self) -> Registry:
        return self.app.registry

    def validate(self, prompt: Prompt) -> Validated:
        return asyncio.run(self.app.validate(Workflow.parse(dict(prompt))))

    def run(self, prompt: Prompt, **options: Any) -> Run:
        validated = self.validate(prompt)
        assert validated.graph is not None, validated.problems
        assert not validated.problems, validated.problems
        events: list[Event] = []
        outcome = asyncio.run(
            self.app.executor.run(options.pop("job", "job"), validated.graph, events.append, **options)
        )
        return Run(outcome, events)

    def succeed(self, prompt: Prompt, **options: Any) -> Run:
        run = self.run(prompt, **options)
        assert run.outcome.status == "succeeded", run.outcome.failure
        return run

    def pack(self, name: str) -> PackInfo:
        return next(each for each in self.packs if each.name == name)


@contextmanager
def world(data: Path, *places: Path, models: Path | None = None, **options: Any) -> Iterator[World]:
    """A worker whose packs are in `places`."""
    folders = Folders(data=data, models=[models or data / "models"])
    registry, codecs, artefacts = build_registry(), Codecs(leaf_codecs()), Artefacts(folders)
    models_held = ModelRegistry("cpu")
    house = PackHouse(registry, folders, artefacts, models_held, tuple(map(str, places)))
    loaded = load_packs(places, house, **{"installed": (), **options})
    try:
        executor = Executor(
            registry,
            Tiers([MemoryCache(2**26, codecs.nbytes)]),
            house.services,
            codecs=codecs,
            surroundings=Surroundings(folders.digest),
            is_valid=artefacts.is_valid,
        )
        yield World(EngineApplication(registry, executor, folders), folders, loaded.packs)
    finally:
        loaded.unload()
