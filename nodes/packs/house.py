"""What of a worker its packs may use."""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.artefacts import Artefacts
from graph.folders import Folders
from graph.registry import Registry
from nodes.diffusion.models import ModelRegistry


@dataclass(frozen=True, slots=True)
class PackHouse:
    """The parts of a worker that node packs meet through the modules they import."""

    registry: Registry
    """Our own node types; those of packs are added."""
    folders: Folders
    artefacts: Artefacts
    models: ModelRegistry
    pack_folders: tuple[str, ...] = ()
    """Where packs are."""

    @property
    def services(self) -> Mapping[str, object]:
        """What our own nodes ask for, by the name of their parameter."""
        return {"folders": self.folders, "artefacts": self.artefacts, "models": self.models}
