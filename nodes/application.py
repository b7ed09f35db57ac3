"""What a worker process builds: the node types, the models, the caches, wired together for one device."""

import platform
from collections.abc import Mapping
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from graph.application import EngineApplication
from graph.artefacts import Artefacts
from graph.cache.choosing import Chosen, cache_folder, tiers_of
from graph.cache.codecs import Codecs
from graph.cache.seen import Seen
from graph.cache.tiers import Tiers
from graph.execution import Executor
from graph.fingerprint import Surroundings
from graph.lock import Environment
from graph.settings import Settings
from nodes.catalogue import build_registry
from nodes.codecs import leaf_codecs
from nodes.conditioning.text_encoding import inversions_of
from nodes.diffusion.computing.acceleration import accelerations_of
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.weights.libraries import import_all
from nodes.packs.house import PackHouse
from nodes.packs.loading import load_packs

LIBRARIES = ("torch", "diffusers", "transformers", "numpy", "pillow")
"""Whose versions may change a result."""


def create(data: Mapping[str, Any]) -> EngineApplication:
    """The application for some settings, given as data (`Settings.to_data`). Touches no device yet."""
    settings = Settings.from_data(data)
    if settings.preload:
        import_all()
    folders, registry, codecs = settings.folders, build_registry(), Codecs(leaf_codecs())
    models = ModelRegistry(
        settings.device,
        precision=settings.precision,
        budget_bytes=settings.model_budget_bytes,
        acceleration=accelerations_of(settings.accelerate),
    )
    artefacts = Artefacts(settings.saving_folders)
    load_packs(
        settings.packs,
        PackHouse(registry, folders, artefacts, models, settings.packs),
        override=settings.packs_override,
    )
    results = tiers_of(settings, codecs)
    executor = Executor(
        registry,
        Tiers(results.tiers),
        {"folders": folders, "artefacts": artefacts, "models": models},
        codecs=codecs,
        surroundings=Surroundings(folders.digest, models.salt),
        is_valid=artefacts.is_valid,
        seen=Seen(cache_folder(settings) if settings.cache == "all" else None),
        environment=cache(partial(environment_of, models)),
        files_beside=partial(inversions_of, folders),
    )
    held = partial(held_bytes, models, results)
    return EngineApplication(registry, executor, folders, import_all, models.unload, results.clear_memory, held)


def held_bytes(models: ModelRegistry, results: Chosen) -> dict[str, int]:
    """How many bytes results in memory, weights, and torch on the device take; what is not counted is left out."""
    held = {"models": models.held_bytes}
    if (nbytes := results.memory_bytes()) is not None:
        held["results"] = nbytes
    if models.device.type == "cuda" and torch.cuda.is_initialized():
        held["device"] = torch.cuda.memory_reserved(models.device)
    return held


def environment_of(models: ModelRegistry) -> Environment:
    """What computes here, for the locks of results."""
    return Environment(
        engine=_version("latentloom"),
        libraries={"python": platform.python_version(), **{name: _version(name) for name in LIBRARIES}},
        device=_device(models),
        precision=models.precision,
    )


def describe(settings: Settings) -> dict[str, str]:
    """What computes here, for `doctor`: subject -> text."""
    models = ModelRegistry(settings.device, precision=settings.precision)
    return {
        "device": f"{_device(models)}; keys of results hold {models.salt}",
        "libraries": ", ".join(f"{name} {_version(name)}" for name in LIBRARIES[:3]),
        "node types": str(len(build_registry().catalogue.specs)),
    }


def _device(models: ModelRegistry) -> str:
    """What computes, as far as results depend on it: sums on a processor depend on its instructions and threads."""
    if models.device.type == "cuda":
        return f"{models.device} ({torch.cuda.get_device_name(models.device)})"
    instructions, threads = torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    return f"{models.device} ({platform.machine()}, {instructions}, {threads} threads)"


def _version(package: str) -> str:
    """Asking the installation, because importing diffusers and transformers takes seconds."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
