"""Autoencoders in files of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Autoencoder, Component, DiffusionModel, TextEncoder


@dataclass(frozen=True)
class LoneAutoencoders:
    """The family of one kind of autoencoder; see `nodes.diffusion.families.family.Family`.

    Attributes:
        name: the architecture of its handles.
        title: what people call it.
        find: gives its weights in a file or folder; None if there are none.
        build: makes an autoencoder of them.
    """

    name: str
    title: str
    find: Callable[[Contents], View | None]
    build: Callable[[View, Placement], Autoencoder]

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights it has; empty if the file holds none."""
        view = self.find(contents) if isinstance(contents, SingleFile) else None
        return {"vae": view.size} if view is not None else {}

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is no diffusion model in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> Autoencoder:
        """Build the autoencoder."""
        view = self.find(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        return self.build(view, placement)
