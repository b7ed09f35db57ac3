"""Which tiers a worker keeps results in, as its settings say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import CacheTier
from graph.cache.graphs import GraphCache
from graph.cache.memory import MemoryCache
from graph.cache.tiers import WriteBehind
from graph.settings import Settings


@dataclass(frozen=True)
class Chosen:
    """The tiers, nearest first, how to empty the memory, and how many bytes are in it."""

    tiers: Sequence[CacheTier]
    clear_memory: Callable[[], None]
    memory_bytes: Callable[[], int | None] = lambda: None
    """None where nothing is counted in bytes."""


def cache_folder(settings: Settings) -> Path:
    """Where the disk tier is."""
    return Path(settings.data) / "cache"


def tiers_of(settings: Settings, codecs: Codecs) -> Chosen:
    """The tiers that these settings ask for."""
    if settings.cache == "none":
        return Chosen((), lambda: None)
    if settings.cache == "graphs":
        graphs = GraphCache(settings.cached_results)
        return Chosen((graphs,), graphs.clear)
    memory = MemoryCache(settings.memory_cache_bytes, codecs.nbytes)
    if settings.cache == "memory":
        return Chosen((memory,), memory.clear, lambda: memory.nbytes)
    disk = DiskCache(cache_folder(settings), settings.disk_cache_bytes, codecs)
    return Chosen((memory, WriteBehind(disk)), memory.clear, lambda: memory.nbytes)
