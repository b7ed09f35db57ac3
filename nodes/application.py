"""What a worker process builds: the node types, the models, the caches, wired together for one device."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import torch

from graph.application import EngineApplication
from graph.artefacts import Artefacts
from graph.cache.choosing import cache_folder, tiers_of
from graph.cache.codecs import Codecs
from graph.cache.seen import Seen
from graph.cache.tiers import Tiers
from graph.execution import Executor
from graph.fingerprint import Surroundings
from graph.settings import Settings
from nodes.catalogue import build_registry
from nodes.codecs import leaf_codecs
from nodes.diffusion.acceleration import accelerations_of
from nodes.diffusion.libraries import import_all
from nodes.diffusion.models import ModelRegistry
from nodes.packs.house import PackHouse
from nodes.packs.loading import load_packs


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
    artefacts = Artefacts(folders)
    load_packs(
        settings.packs,
        PackHouse(registry, folders, artefacts, models, settings.packs),
        override=settings.packs_override,
    )
    cache = tiers_of(settings, codecs)
    executor = Executor(
        registry,
        Tiers(cache.tiers),
        {"folders": folders, "artefacts": artefacts, "models": models},
        codecs=codecs,
        surroundings=Surroundings(folders.digest, models.salt),
        is_valid=artefacts.is_valid,
        seen=Seen(cache_folder(settings) if settings.cache == "all" else None),
    )
    return EngineApplication(registry, executor, folders, import_all, models.unload, cache.clear_memory)


def describe(settings: Settings) -> dict[str, str]:
    """What computes here, for `doctor`: subject -> text."""
    models = ModelRegistry(settings.device, precision=settings.precision)
    # Asking the installation, because importing diffusers and transformers takes seconds.
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "diffusers", "transformers"))
    if models.device.type == "cuda":
        name = torch.cuda.get_device_name(models.device)
    else:
        name = f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
    return {
        "device": f"{models.device} ({name}); keys of results hold {models.salt}",
        "libraries": libraries,
        "node types": str(len(build_registry().catalogue.specs)),
    }
