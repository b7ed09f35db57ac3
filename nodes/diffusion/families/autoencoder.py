"""A KL autoencoder in a file of its own, in the original or in the diffusers layout."""

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.autoencoder_files import autoencoder_from_file, find_autoencoder
from nodes.diffusion.families.contents import Contents, SingleFile
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Component, DiffusionModel, TextEncoder


class Autoencoder:
    """The family of stand-alone autoencoders; see `nodes.diffusion.families.family.Family`."""

    name = "autoencoder"
    title = "KL autoencoder"

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights the autoencoder has; empty if the file holds none."""
        view = find_autoencoder(contents) if isinstance(contents, SingleFile) else None
        return {"vae": view.size} if view is not None else {}

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is no diffusion model in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> KlAutoencoder:
        """Build the autoencoder."""
        view = find_autoencoder(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        return autoencoder_from_file(view, placement)
